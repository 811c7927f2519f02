import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createDatabase } from '@reborn/postgres-server';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { jsonLines, makeWorld, RUN, type World } from './world.ts';

declare module 'vitest' {
  interface ProvidedContext {
    postgresTcpUrl: string;
  }
}

const VARIABLE = 'REBORN_TEST_DATABASE';
const SECRET = 'pw-sentinel-qzx-4711';
const onServer = ['--config', 'storage.json'];

/** One run on the server: parked, then finished by a process of its own. */
describe('a host whose storage is PostgreSQL', () => {
  let world: World;
  let address = '';
  const json = async (...args: readonly string[]) =>
    jsonLines((await world.call(['events', ...args, ...onServer, '--json'])).out);

  beforeAll(async () => {
    address = await createDatabase(inject('postgresTcpUrl'));
    vi.stubEnv(VARIABLE, address);
    world = await makeWorld('reborn-postgres-');
    const storage = { kind: 'postgres', urlEnv: VARIABLE };
    await writeFile(join(world.folder, 'storage.json'), JSON.stringify({ storage }));
    expect((await world.call([...RUN, ...onServer])).code).toBe(3);
  });
  afterAll(async () => {
    vi.unstubAllEnvs();
    await world.remove();
  });

  it('goes on in another process when somebody answers, and explains it afterwards', async () => {
    const [listed] = jsonLines((await world.call(['runs', ...onServer, '--json'])).out) as {
      runs: { runId: string; gates: { gateId: string }[] }[];
    }[];
    const [run] = listed?.runs ?? [];
    const gateId = run?.gates[0]?.gateId ?? '';
    expect(await world.spawn('approve', gateId, ...onServer)).toMatchObject({ code: 0, err: '' });
    expect(await readFile(join(world.folder, 'notes/digests/out.md'), 'utf8')).toBe('hello\nworld\n');
    expect((await world.call(['explain', run?.runId ?? '', ...onServer])).code).toBe(0);
    expect((await world.call(['events', 'replay', run?.runId ?? '', ...onServer])).code).toBe(0);
  });

  it('says what its streams hold, that every chain holds, and that it has no anchor', async () => {
    const stats = await json('stats');
    const streams = stats.filter(({ kind }) => kind === 'stream');
    expect(stats.at(-1)).toMatchObject({ backend: 'postgres', survives: 'power_loss', anchored: false, at: null });
    const verified = await json('verify');
    expect(verified.map(({ family, head, result }) => ({ family, head, result }))).toEqual(
      streams.map(({ family, head }) => ({ family, head, result: 'intact' })),
    );
    const verify = await world.call(['events', 'verify', ...onServer]);
    expect(verify.out).toContain('postgres: no head anchor: a lost tail would not show');
    const doctor = await world.call(['doctor', ...onServer, '--recording', 'recording.json']);
    expect(doctor.code).toBe(0);
    expect(doctor.out).toContain('postgres opens; survives power loss (every commit synced in full); no head anchor');
  });

  it('gives a stream to a file, and back, the same on either storage', async () => {
    expect((await json('export', 'served.jsonl'))[0]).toMatchObject({ kind: 'exported', family: 'runtime' });
    const text = await readFile(join(world.folder, 'served.jsonl'), 'utf8');
    const records = text.split('\n').length - 3;
    const [kept] = jsonLines((await world.call(['events', 'import', 'served.jsonl', '--home', 'kept', '--json'])).out);
    expect(kept).toMatchObject({ kind: 'imported', records, added: records });
    expect((await world.call(['events', 'export', '-', '--home', 'kept'])).out).toBe(text);
    expect((await world.call(['events', 'verify', '--home', 'kept'])).code).toBe(0);

    vi.stubEnv('REBORN_TEST_OTHER', await createDatabase(address));
    await writeFile(join(world.folder, 'other.json'), '{"storage":{"kind":"postgres","urlEnv":"REBORN_TEST_OTHER"}}');
    const other = ['--config', 'other.json'];
    await world.call(['events', 'export', 'kept.jsonl', '--home', 'kept']);
    expect((await world.call(['events', 'import', 'kept.jsonl', ...other])).code).toBe(0);
    expect((await world.call(['events', 'export', '-', ...other])).out).toBe(text);
    expect((await world.call(['events', 'verify', ...other])).code).toBe(0);
  });

  it('keeps what is pinned and what the rules keep, and says who took the rest', async () => {
    const retention = [{ family: 'runtime', keepMs: 3_600_000 }];
    const storage = { kind: 'postgres', urlEnv: VARIABLE };
    await writeFile(join(world.folder, 'storage.json'), JSON.stringify({ storage, retention }));
    await json('pin', '4');
    const later = { laterMs: 7_200_000 };
    const apply = ['events', 'retain', '--apply', ...onServer, '--json'];
    const [taken] = jsonLines((await world.call(apply, later)).out);
    expect(taken).toMatchObject({ kind: 'retained', family: 'runtime', cut: 3, cutThrough: '3', done: true });
    expect((await json('show', '4'))[0]).toMatchObject({ cursor: '4' });
    const [audit] = await json('query', '--family', 'audit', '--kind', 'retention_applied', '--everybody');
    expect(audit).toMatchObject({ facts: { family: 'runtime', cutThrough: 3 } });
    expect((await world.call(['events', 'verify', ...onServer])).code).toBe(0);
  });
});

describe('a server that cannot be used', () => {
  let world: World;
  beforeAll(async () => {
    world = await makeWorld('reborn-no-server-');
    await writeFile(join(world.folder, 'storage.json'), `{"storage":{"kind":"postgres","urlEnv":"${VARIABLE}"}}`);
  });
  afterAll(async () => {
    vi.unstubAllEnvs();
    await world.remove();
  });

  it.each<[string, () => string, number, string, string?]>([
    ['a variable that is not set', () => '', 2, 'cli/invalid_option', 'storage.urlEnv'],
    ['no address', () => SECRET, 5, 'host-api/store_unsuitable', 'url'],
    ['another kind of server', () => `http://ada:${SECRET}@127.0.0.1/x`, 5, 'host-api/store_unsuitable', 'url'],
    ['a remote one without TLS', () => `postgresql://ada:${SECRET}@192.0.2.1/x`, 5, 'host-api/store_unsuitable'],
    ['nobody who listens', () => `postgresql://ada:${SECRET}@127.0.0.1:9/x`, 5, 'host-api/store_unavailable'],
    ['a password that is wrong', wrongPassword, 5, 'host-api/store_unsuitable'],
  ])('is told by its kind, %s, and nothing of its address is', async (_, addressOf, exit, code, field) => {
    vi.stubEnv(VARIABLE, addressOf());
    const refused = await world.call(['events', 'stats', ...onServer, '--json']);
    expect([refused.code, refused.out]).toEqual([exit, '']);
    const [fault] = jsonLines(refused.err);
    expect(fault).toMatchObject({ code, ...(field === undefined ? {} : { detail: { field } }) });
    const doctor = await world.call(['doctor', ...onServer]);
    expect(doctor.code).toBe(exit);
    for (const { out, err } of [refused, doctor])
      for (const part of [SECRET, '127.0.0.1', '192.0.2.1', 'ada', world.folder]) expect(out + err).not.toContain(part);
  });
});

function wrongPassword(): string {
  const address = new URL(inject('postgresTcpUrl'));
  address.password = SECRET;
  return address.href;
}
