import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isMountSubset, MOUNT_PERMISSIONS, parseMountView, resolveMount, type MountView } from './mount.ts';
import { parseScopedPath, parseVirtualPath, resolveToolPath, VIRTUAL_ROOTS } from './scoped-path.ts';
import { isSensitivePath } from './sensitive-path.ts';
import { buildMountView, createSentinel, findLeaks } from './testkit/index.ts';

const invalidPath = expect.objectContaining({ code: 'host-api/invalid_path' });

/** No path of either kind. */
const badEverywhere: readonly unknown[] = [
  '',
  '/',
  '//./',
  'relative',
  './a',
  '..',
  '/..',
  '/projects/..',
  '/projects/../etc',
  '/projects/a/../../b',
  '/projects\\a',
  '/projects/a\u0000',
  '/projects/a\n',
  '/projects/a\u0085',
  '/projects/a\ud800',
  `/projects/${'é'.repeat(2048)}`,
  undefined,
  null,
  7,
  ['/projects'],
];

describe('A virtual path', () => {
  test.each(VIRTUAL_ROOTS)('may be %s or lie below it', (root) => {
    expect(parseVirtualPath(root)).toBe(root);
    expect(parseVirtualPath(`/${root}//a/./b/`)).toBe(`${root}/a/b`);
  });
  test.each([...badEverywhere, '/projectsx', '/Projects/a', '/etc/passwd', '/home/a', '/unknown'])(
    'is not %j',
    (path) => {
      expect(() => parseVirtualPath(path)).toThrow(invalidPath);
    },
  );
});

describe('A scoped path', () => {
  test.each([
    ['/workspace', '/workspace'],
    ['//workspace/./a//b/', '/workspace/a/b'],
    ['/workspace/..a/...', '/workspace/..a/...'],
    ['/workspace/etc/passwd', '/workspace/etc/passwd'],
    ['/homework/a', '/homework/a'],
    ['/workspace/a:b', '/workspace/a:b'],
  ])('is normalised: %s', (path, expected) => {
    expect(parseScopedPath(path)).toBe(expected);
    expect(parseScopedPath(expected)).toBe(expected);
  });

  const hostPaths = [
    'Users',
    'home',
    'root',
    'etc',
    'var',
    'private',
    'Volumes',
    'Library',
    'usr',
    'opt',
    'tmp',
    'proc',
    'sys',
  ];
  test.each([
    ...badEverywhere,
    ...hostPaths.flatMap((name) => [`/${name}`, `/${name}/a`, `/.//${name}/a`]),
    '/file://a',
    'file:///workspace/a',
    '/workspace/https://example.com',
    'C:\\a',
    'C:/a',
    '/C:/a',
    '/c:',
    '/c:a',
    '/workspace/C:/a',
    `/${'a'.repeat(1024)}`,
  ])('is not %j', (path) => {
    expect(() => parseScopedPath(path)).toThrow(invalidPath);
  });

  test('is never shown when it is refused', () => {
    const sentinel = createSentinel('a path');
    for (const path of [
      `/etc/${sentinel}`,
      sentinel,
      `/workspace/../${sentinel}`,
      `file://${sentinel}`,
      `/${sentinel}\u0000`,
    ]) {
      for (const parse of [parseScopedPath, parseVirtualPath]) {
        let refusal: unknown;
        try {
          parse(path);
        } catch (error) {
          refusal = error;
        }
        expect(refusal).toBeDefined();
        expect(findLeaks(refusal, [sentinel])).toEqual([]);
      }
    }
  });

  test('never holds "..", nor anything that is not a name', () => {
    const part = fc.constantFrom(
      '.',
      '..',
      '',
      'a',
      ' ',
      '\\',
      '\u0000',
      'C:',
      '://',
      '~',
      '%2e%2e',
      'etc',
      'workspace',
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 6 }), fc.boolean(), (parts, absolute) => {
        const input = `${absolute ? '/' : ''}${parts.join('/')}`;
        let path: string;
        try {
          path = resolveToolPath(input);
        } catch {
          return;
        }
        const names = path.split('/').slice(1);
        expect(
          names.every(
            (name) => name !== '' && name !== '.' && name !== '..' && !name.includes('\\') && !name.includes('\u0000'),
          ),
        ).toBe(true);
        expect(resolveToolPath(path)).toBe(path);
      }),
    );
  });
});

describe('The path of a tool', () => {
  test.each([
    ['', '/workspace'],
    ['.', '/workspace'],
    ['./', '/workspace'],
    ['a/b', '/workspace/a/b'],
    ['./a', '/workspace/a'],
    ['/notes/a', '/notes/a'],
    ['~/a', '/workspace/~/a'],
    ['etc/passwd', '/workspace/etc/passwd'],
  ])('%j is %s', (input, path) => {
    expect(resolveToolPath(input)).toBe(path);
  });
  test.each(['..', '../a', 'a/../../b', '/etc/passwd', 'C:a', 'C:\\a', 'https://example.com', 'a\u0000'])(
    '%j is refused',
    (input) => {
      expect(() => resolveToolPath(input)).toThrow(invalidPath);
    },
  );
});

describe('A sensitive path', () => {
  test.each([
    '/workspace/.ssh/config',
    '/workspace/.SSH',
    '/a/.aws/credentials',
    '/a/.netrc',
    '/a/.npmrc',
    '/a/.docker/config.json',
    '/a/.config/gcloud/x',
    '/a/.config/gh/hosts.yml',
    '/a/.vault-token',
    '/a/credentials.tfrc.json',
    '/a/.azure/x',
    '/a/.bash_history',
    '/a/shadow',
    '/a/.env',
    '/a/.env.local',
    '/a/.ENV.Production',
    '/a/server.pem',
    '/a/Server.KEY',
    '/a/x.p12',
    '/a/x.keystore',
    '/a/id_rsa',
    '/a/id_ed25519',
    '/a/authorized_keys',
    '/a/known_hosts',
    '/a/.kube/config',
    '/a/.gnupg/secring.gpg',
    '/a/.pgpass',
    '/a/.pypirc',
    '/a/.git-credentials',
    '/a/.terraform.d/x',
    '/a/.terraformrc',
    '/a/.zsh_history',
    '/a/fish_history',
    '/a/.psql_history',
    '/a/gshadow',
    '/a/x.pfx',
    '/a/x.jks',
    '/a/id_ecdsa',
    '/a/id_dsa',
    'a\\.ssh\\x',
  ])('%s is one', (path) => {
    expect(isSensitivePath(path)).toBe(true);
  });
  test.each([
    '/workspace/notes.md',
    '/a/.env.example',
    '/a/.env.template',
    '/a/.env.sample',
    '/a/.env.dist',
    '/a/.environment',
    '/a/server.pem.dist',
    '/a/id_rsa.pub',
    '/a/keys.md',
    '/a/ssh/config',
    '/a/box-shadow.css',
    '/a/hosts.yml',
  ])('%s is none', (path) => {
    expect(isSensitivePath(path)).toBe(false);
  });
});

describe('A view of mounts', () => {
  const all = { read: true, write: true, delete: true, list: true, execute: true };
  const readOnly = { ...all, write: false, delete: false, execute: false };
  const mount = (alias: string, target: string, permissions = all) => ({ alias, target, permissions });
  const view = buildMountView(
    mount('/workspace', '/projects/demo'),
    mount('/workspace/docs', '/artifacts/docs', readOnly),
    mount('/work', '/tmp/work'),
  );

  test.each([
    ['/workspace', '/projects/demo'],
    ['/workspace/a/b', '/projects/demo/a/b'],
    ['/workspace/docs', '/artifacts/docs'],
    ['/workspace/docs/a', '/artifacts/docs/a'],
    ['/workspace/docsx', '/projects/demo/docsx'],
    ['/work/a', '/tmp/work/a'],
  ])('leads %s to %s', (path, target) => {
    expect(resolveMount(view, parseScopedPath(path), 'read')).toMatchObject({ kind: 'resolved', path: target });
  });

  test('knows nothing beside its mounts', () => {
    for (const path of ['/works', '/other', '/projects/demo']) {
      expect(resolveMount(view, parseScopedPath(path), 'read')).toEqual({ kind: 'no_mount' });
    }
  });

  test('refuses by the nearest mount, never by a wider one above it', () => {
    expect(resolveMount(view, parseScopedPath('/workspace/docs/a'), 'write').kind).toBe('not_permitted');
    expect(resolveMount(view, parseScopedPath('/workspace/a'), 'write').kind).toBe('resolved');
    for (const permission of MOUNT_PERMISSIONS) {
      const only = buildMountView(mount('/workspace', '/projects/demo', { ...all, [permission]: false }));
      for (const asked of MOUNT_PERMISSIONS) {
        const expected = asked === permission ? 'not_permitted' : 'resolved';
        expect(resolveMount(only, parseScopedPath('/workspace/a'), asked).kind).toBe(expected);
      }
    }
  });

  test('resolves the longest paths that there can be', () => {
    const long = buildMountView(mount('/w', `/projects/${'a'.repeat(1010)}`));
    expect(resolveMount(long, parseScopedPath(`/w/${'b'.repeat(1020)}`), 'read').kind).toBe('resolved');
  });

  test.each([
    ['an alias twice', { mounts: [mount('/a', '/projects/a'), mount('//a/', '/projects/b')] }],
    ['an unknown root', { mounts: [mount('/a', '/etc')] }],
    ['a host path as alias', { mounts: [mount('/etc', '/projects/a')] }],
    ['the whole tree as alias', { mounts: [mount('/', '/projects/a')] }],
    ['a missing permission', { mounts: [{ ...mount('/a', '/projects/a'), permissions: { read: true } }] }],
    ['33 mounts', { mounts: Array.from({ length: 33 }, (_none, at) => mount(`/m${at}`, '/projects/a')) }],
    ['a target that is too long', { mounts: [mount('/a', `/projects/${'a'.repeat(1024)}`)] }],
    ['no mounts', {}],
  ])('is refused with %s', (_name, value) => {
    expect(() => parseMountView(value)).toThrow(expect.objectContaining({ code: 'host-api/invalid_mount' }));
  });

  const only = (...aliases: string[]): MountView => ({
    mounts: view.mounts.filter(({ alias }) => aliases.includes(alias)),
  });
  test.each([
    ['itself', view, true],
    ['nothing', { mounts: [] }, true],
    ['one of its mounts', only('/work'), true],
    ['a mount with fewer permissions', buildMountView(mount('/work', '/tmp/work', readOnly)), true],
    ['a mount with more permissions', buildMountView(mount('/workspace/docs', '/artifacts/docs')), false],
    ['another alias', buildMountView(mount('/other', '/tmp/work')), false],
    ['a narrower target', buildMountView(mount('/work', '/tmp/work/sub')), false],
    ['a mount without the one that lies over a part of it', only('/workspace'), false],
    ['a mount with the one that lies over a part of it', only('/workspace', '/workspace/docs'), true],
  ])('compared with %s', (_name, narrow, expected) => {
    expect(isMountSubset(narrow, view)).toBe(expected);
  });
});
