/**
 * Which files hold credentials by custom. File tools leave them alone, whoever asks.
 *
 * Not here: what a path may look like (`scoped-path.ts`), what may be read at all (`mount.ts`).
 * Source: specification 2, d.
 */

const FOLDERS = new Set(['.ssh', '.aws', '.docker', '.kube', '.gnupg', '.gcloud', '.azure', '.terraform.d']);

const NAMES = new Set([
  '.netrc',
  '_netrc',
  '.pgpass',
  '.npmrc',
  '.pypirc',
  '.git-credentials',
  '.vault-token',
  '.terraformrc',
  'credentials.tfrc.json',
  'application_default_credentials.json',
  '.bash_history',
  '.zsh_history',
  '.sh_history',
  '.ksh_history',
  '.fish_history',
  'fish_history',
  '.python_history',
  '.node_repl_history',
  '.psql_history',
  '.mysql_history',
  '.sqlite_history',
  'shadow',
  'shadow-',
  'gshadow',
  'gshadow-',
  'id_rsa',
  'id_dsa',
  'id_ecdsa',
  'id_ecdsa_sk',
  'id_ed25519',
  'id_ed25519_sk',
  'authorized_keys',
  'known_hosts',
]);

/** Two neighbours that mean something only together. */
const PAIRS = [
  ['.config', 'gcloud'],
  ['gh', 'hosts.yml'],
  ['gh', 'hosts.yaml'],
] as const;

const EXTENSIONS = ['.pem', '.key', '.p12', '.pfx', '.jks', '.keystore'] as const;
const HARMLESS_ENV = new Set(['.env.example', '.env.template', '.env.sample', '.env.dist']);

/**
 * True when some part of the path is known to hold credentials. Upper and lower case are the same, also for letters that
 * a file system folds together (the long s of old print is an s).
 */
export function isSensitivePath(path: string): boolean {
  const segments = path.normalize('NFC').toUpperCase().toLowerCase().split(/[/\\]/);
  return segments.some((segment, at) => {
    if (FOLDERS.has(segment) || NAMES.has(segment) || isEnvironmentFile(segment)) return true;
    if (EXTENSIONS.some((extension) => segment.endsWith(extension))) return true;
    return PAIRS.some(([first, second]) => segment === first && segments[at + 1] === second);
  });
}

function isEnvironmentFile(name: string): boolean {
  return name === '.env' || (name.startsWith('.env.') && !HARMLESS_ENV.has(name));
}
