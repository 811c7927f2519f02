// Packs every publishable package and looks at it as its users will: publint, are-the-types-wrong, and a program that
// installs the tarballs and runs one governed turn.
import { execFileSync, spawnSync } from 'node:child_process';
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const root = join(import.meta.dirname, '../../..');
const packages = globSync('packages/{*,adapters/*,surfaces/*}/package.json', { cwd: root })
  .map((file) => dirname(join(root, file)))
  .filter((folder) => !folder.includes('examples'))
  .sort();
const tarballs = mkdtempSync(join(tmpdir(), 'reborn-packed-'));
let failed = false;

function run(command: string, args: readonly string[], cwd: string): void {
  const done = spawnSync(command, args, { cwd, encoding: 'utf8' });
  if (done.status === 0) return;
  failed = true;
  process.stdout.write(
    `${command} ${args.join(' ')} failed in ${cwd.slice(root.length + 1)}\n${done.stdout}${done.stderr}\n`,
  );
}

const packed = packages.map((folder) => {
  const [{ filename }] = JSON.parse(
    execFileSync('npm', ['pack', '--json', '--silent', '--pack-destination', tarballs], {
      cwd: folder,
      encoding: 'utf8',
    }),
  );
  const tarball = join(tarballs, filename);
  run('publint', ['run', tarball, '--strict'], folder);
  run('attw', [tarball, '--profile', 'esm-only', '--format', 'ascii'], folder);
  return tarball;
});

// The packed packages in a workspace of their own, with the third-party packages of this one.
const user = join(tarballs, 'user');
const modules = join(user, 'node_modules');
for (const tarball of packed) {
  const manifest = JSON.parse(
    execFileSync('tar', ['-xzOf', tarball, 'package/package.json'], { encoding: 'utf8' }),
  ) as { name: string };
  const folder = join(modules, manifest.name);
  mkdirSync(folder, { recursive: true });
  execFileSync('tar', ['-xzf', tarball, '--strip-components=1', '-C', folder]);
}
writeFileSync(join(user, 'package.json'), JSON.stringify({ name: 'user', type: 'module' }));
writeFileSync(
  join(user, 'program.js'),
  readFileSync(join(import.meta.dirname, '../fixture/packed-program.js'), 'utf8'),
);
execFileSync('sh', [
  '-c',
  `for each in "${root}"/node_modules/* ; do name=$(basename "$each"); [ "$name" = "@reborn" ] || ln -sfn "$each" "${modules}/$name"; done`,
]);
run(process.execPath, ['program.js'], user);
rmSync(tarballs, { recursive: true });
process.stdout.write(
  failed
    ? 'Some package cannot be published as it is.\n'
    : `${packed.length} packages can be published and run as packed.\n`,
);
process.exitCode = failed ? 1 : 0;
