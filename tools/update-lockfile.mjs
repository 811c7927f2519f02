// Adds to package-lock.json the platform packages that the registry at hand does not have. npm leaves such optional
// packages out when it writes the lockfile, and then refuses the file in `npm ci`, on every platform. The entries say for
// which platform each is, so that others skip it. `npm run lockfile` installs and then completes the file.
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const file = join(dirname(fileURLToPath(import.meta.url)), '../package-lock.json');

const SYSTEMS = ['darwin', 'win32', 'freebsd', 'openbsd', 'netbsd', 'android', 'linux', 'openharmony', 'sunos', 'aix'];
const PROCESSORS = ['x64', 'arm64', 'arm', 'ia32', 'ppc64', 'riscv64', 's390x', 'loong64', 'wasm32', 'mips64el'];

/** What a package's name says about its platform. */
function platformOf(name) {
  const parts = name.split(/[/-]/);
  const os = SYSTEMS.find((system) => parts.includes(system));
  const cpu = PROCESSORS.find((processor) => parts.includes(processor));
  const libc = parts.some((part) => part.startsWith('musl'))
    ? 'musl'
    : parts.some((part) => part.startsWith('gnu'))
      ? 'glibc'
      : undefined;
  return { ...(os && { os: [os] }), ...(cpu && { cpu: [cpu] }), ...(os === 'linux' && libc && { libc: [libc] }) };
}

/** The optional packages that are named and not there: name → entry. */
export function missingEntries(lock) {
  const missing = new Map();
  for (const [path, entry] of Object.entries(lock.packages)) {
    for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
      if (isThere(lock, path, name) || missing.has(name)) continue;
      const platform = platformOf(name);
      if (platform.os === undefined && platform.cpu === undefined) continue;
      missing.set(name, {
        version,
        ...platform,
        ...(entry.dev && { dev: true }),
        license: entry.license ?? 'MIT',
        optional: true,
      });
    }
  }
  return missing;
}

/** Looks where Node would: in the folder of the package itself, then in those above. */
function isThere(lock, path, name) {
  for (let folder = path; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('/node_modules/')))) {
    if (lock.packages[`${folder === '' ? '' : `${folder}/`}node_modules/${name}`] !== undefined) return true;
    if (folder === '' || !folder.includes('node_modules/')) return lock.packages[`node_modules/${name}`] !== undefined;
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const install = spawnSync('npm', ['install'], { cwd: dirname(file), stdio: 'inherit' });
  if (install.status !== 0) process.exit(1);
  const lock = JSON.parse(readFileSync(file, 'utf8'));
  const missing = missingEntries(lock);
  for (const [name, entry] of missing) lock.packages[`node_modules/${name}`] = entry;
  const { '': root, ...rest } = lock.packages;
  const sorted = Object.keys(rest).sort((left, right) => left.localeCompare(right, 'en'));
  lock.packages = { '': root, ...Object.fromEntries(sorted.map((path) => [path, rest[path]])) };
  writeFileSync(file, `${JSON.stringify(lock, undefined, 2)}\n`);
  process.stdout.write(`${missing.size} platform packages added to the lockfile\n`);
}
