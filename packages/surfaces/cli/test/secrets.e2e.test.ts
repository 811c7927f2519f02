/** Secrets at the command line: a key of one's own, values that go in and never come out, and what lies on the disk. */
import { randomBytes } from 'node:crypto';
import { chmod, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createSentinel, findLeaks } from '@reborn/host-api/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { jsonLines, makeWorld, type World } from './world.ts';

const WITH = ['--config', 'secrets.json', '--dir', 'notes'];
const IN_NOTES = ['--config', 'secrets.json'];

describe('secrets', () => {
  let world: World;
  let keys: World;
  const sentinel = createSentinel('cli');
  const call = (args: readonly string[], input?: string) =>
    world.call(['secrets', ...args], input === undefined ? {} : { input });
  const configure = (secrets: object): Promise<void> =>
    writeFile(join(world.folder, 'secrets.json'), JSON.stringify({ workspace: 'notes', secrets }));

  beforeAll(async () => {
    world = await makeWorld('reborn-secrets-');
    keys = await makeWorld('reborn-keys-');
  });
  afterAll(async () => {
    await world.remove();
    await keys.remove();
  });

  test('need a key first, and it is said where to get one', async () => {
    const refused = await call(['set', 'forge.token'], sentinel);
    expect(refused.code).toBe(2);
    expect(refused.err).toContain('reborn secrets init --key-file');
    expect((await call(['list'])).code).toBe(2);
  });

  test('get a key in a file that only this user can read, once, and not beside what it opens', async () => {
    const file = join(keys.folder, 'key');
    const made = await call(['init', '--key-file', file, '--json']);
    expect([made.code, jsonLines(made.out)]).toEqual([0, [{ v: 1, kind: 'secret_key_made', file }]]);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    const kept = await readFile(file, 'utf8');
    const again = await call(['init', '--key-file', file]);
    expect([again.code, again.err.includes('must not be there yet')]).toEqual([2, true]);
    expect(await readFile(file, 'utf8')).toBe(kept);
    for (const inside of ['.reborn/key', 'key']) {
      const refused = await call(['init', '--key-file', inside]);
      expect([refused.code, refused.err.includes('must not lie in the folder of the database')]).toEqual([2, true]);
    }
    await configure({ keyFile: file });
  });

  test('are taken from a pipe, listed by name, and removed', async () => {
    const stored = await call(['set', 'forge.token', ...IN_NOTES, '--json'], `${sentinel}\n`);
    expect([stored.code, jsonLines(stored.out)]).toEqual([
      0,
      [{ v: 1, kind: 'secret_stored', name: 'forge.token', shared: false }],
    ]);
    const shared = await call(['set', 'chat', '--shared', ...IN_NOTES], `${sentinel}\r\n`);
    expect([shared.code, shared.out]).toEqual([0, expect.stringContaining('for everybody')]);
    const listed = await call(['list', ...IN_NOTES, '--json']);
    expect(jsonLines(listed.out)).toEqual([
      {
        v: 1,
        kind: 'secrets',
        secrets: [
          { name: 'chat', shared: true, storedAt: expect.any(String) },
          { name: 'forge.token', shared: false, storedAt: expect.any(String) },
        ],
      },
    ]);
    const people = await call([...IN_NOTES]);
    expect(people.out).toMatch(/^shared +chat  .*\nown +forge\.token  /);
    expect((await call(['remove', 'none', ...IN_NOTES])).code).toBe(2);
    expect((await call(['remove', 'chat', ...IN_NOTES])).code).toBe(2);
    expect((await call(['remove', 'chat', '--shared', ...IN_NOTES])).code).toBe(0);
    expect(findLeaks([stored, shared, listed, people], [sentinel])).toEqual([]);
  });

  test('stand nowhere on the disk as they are, nor in the log', async () => {
    const home = join(world.folder, '.reborn');
    const names = (await readdir(home, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
    const bytes = await Promise.all(names.map((entry) => readFile(join(entry.parentPath, entry.name), 'latin1')));
    expect(bytes.join('').length).toBeGreaterThan(4096);
    expect(findLeaks(bytes, [sentinel])).toEqual([]);
    const audit = await world.call(['events', 'tail', '--family', 'audit', '--json', ...IN_NOTES]);
    expect(audit.out).toContain('secret_changed');
    expect(findLeaks(audit.out, [sentinel])).toEqual([]);
  });

  test('are refused when they cannot be one, without a word of the value', async () => {
    for (const [name, value] of [
      ['forge.token', 'abc'],
      ['forge.token', `${sentinel}\u0000`],
      [`Forge ${sentinel}`, sentinel],
    ] as const) {
      const refused = await call(['set', name, ...IN_NOTES], value);
      expect([refused.code, findLeaks(refused, [sentinel])]).toEqual([2, []]);
    }
    const typed = await call(['set', 'forge.token', sentinel, ...IN_NOTES], sentinel);
    expect([typed.code, findLeaks(typed, [sentinel])]).toEqual([2, []]);
    expect(typed.err).toContain('the value is asked for, or piped in');
  });

  test('are left alone by a configuration that merely lies there', async () => {
    await writeFile(join(world.folder, 'reborn.config.json'), JSON.stringify({ secrets: { keyEnv: 'PATH' } }));
    const refused = await call(['list']);
    expect([refused.code, refused.err.includes('secrets')]).toEqual([4, true]);
    await writeFile(join(world.folder, 'reborn.config.json'), '{}');
  });

  test('are told of by doctor, whatever is wrong with the key', async () => {
    const checkOf = async () => {
      const { out } = await world.call(['doctor', ...WITH, '--json']);
      const [told] = jsonLines(out) as { components: { name: string }[]; checks: { name: string }[] }[];
      return [
        told?.checks.find(({ name }) => name === 'secret key'),
        told?.components.find(({ name }) => name === 'secrets'),
      ];
    };
    const file = join(keys.folder, 'key');
    const part = { name: 'secrets', implementation: 'sealed in sqlite', durability: 'power_loss' };
    expect(await checkOf()).toEqual([{ name: 'secret key', state: 'ok', detail: 'can be used' }, part]);
    await chmod(file, 0o640);
    expect(await checkOf()).toMatchObject([{ state: 'failed', detail: expect.stringContaining('chmod 600') }, {}]);
    await configure({ keyEnv: 'REBORN_NO_SUCH_KEY' });
    expect(await checkOf()).toMatchObject([{ state: 'failed', detail: expect.stringContaining('is set') }, {}]);
    expect((await call(['set', 'a', ...IN_NOTES], sentinel)).code).toBe(2);
    await configure({});
    expect(await checkOf()).toMatchObject([{ state: 'ok' }, { implementation: 'no key, so none are stored' }]);
    expect((await call(['list', ...IN_NOTES])).code).toBe(0);
  });

  test('come from a pipe of a process, and with a key from its environment', async () => {
    await configure({ keyEnv: 'REBORN_TEST_KEY' });
    const env = { REBORN_TEST_KEY: randomBytes(32).toString('hex') };
    const starting = world.spawnWith(env, 'secrets', 'set', 'piped', ...IN_NOTES);
    starting.child.stdin?.end(`${sentinel}\n`);
    const { code, out, err } = await starting;
    expect([code, out, err]).toEqual([0, expect.stringContaining('piped is stored'), '']);
    const large = world.spawnWith(env, 'secrets', 'set', 'large', ...IN_NOTES);
    large.child.stdin?.on('error', () => undefined);
    large.child.stdin?.end('x'.repeat(70_000));
    expect((await large).err).toContain('must be at most 65538 bytes');
  });
});
