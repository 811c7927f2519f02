import { mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createReborn } from '@reborn/reborn';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { runCli } from '../src/cli.ts';
import { createMachine } from '../src/compose.ts';
import type { Machine } from '../src/machine.ts';
import { jsonLines, makeWorld, RUN, type Said, type World } from './world.ts';

const HOUR = 3_600_000;
const tenantId = 'default';

/** The command line with an output of one's own. */
async function callWith(cwd: string, io: Partial<Machine['io']>, ...args: readonly string[]): Promise<Said> {
  let [out, err] = ['', ''];
  const whole: Machine['io'] = {
    out: (text) => void (out += text),
    err: (text) => void (err += text),
    drained: () => Promise.resolve(),
    input: () => Promise.resolve(''),
    terminal: false,
    colour: false,
    columns: 100,
    interrupted: new AbortController().signal,
    editor: undefined,
    ...io,
  };
  return { code: await runCli(args, { ...createMachine(), io: whole, cwd }), out, err };
}

describe('whoever stops a transfer', () => {
  let world: World;
  beforeAll(async () => {
    world = await makeWorld('reborn-stop-');
    expect((await world.call(RUN)).code).toBe(3);
    expect((await world.call(['events', 'export', 'whole.jsonl'])).code).toBe(0);
  });
  afterAll(() => world.remove());

  it('keeps no half of an export', async () => {
    const stopped = await callWith(
      world.folder,
      { interrupted: AbortSignal.abort() },
      'events',
      'export',
      'half.jsonl',
    );
    expect(stopped).toEqual({ code: 130, out: '', err: '' });
    expect(await readdir(world.folder)).not.toContain('half.jsonl');
  });

  it('keeps what was put back, and goes on from there', async () => {
    const words = ['events', 'import', 'whole.jsonl', '--home', 'elsewhere'];
    const stopped = await callWith(world.folder, { interrupted: AbortSignal.abort() }, ...words);
    expect(stopped).toMatchObject({ code: 130, err: '' });
    expect(stopped.out).toContain('the same again goes on from there');
    expect((await world.call(words)).code).toBe(0);
  });

  it('ends an export whose reader has left', async () => {
    const stop = new AbortController();
    const lines: string[] = [];
    const out = (text: string): void => {
      lines.push(text);
      if (lines.length === 3) stop.abort();
    };
    const left = await callWith(world.folder, { out, interrupted: stop.signal }, 'events', 'export', '-');
    expect([left.code, lines.length]).toEqual([130, 3]);
  });

  it.each([
    ['export', '-'],
    ['tail', '--after', '0', '--json'],
  ])('waits for a slow reader, and holds nothing meanwhile: %s', async (...words) => {
    const waiting: number[] = [];
    let told = 0;
    const io = { out: () => void (told += 1), drained: async () => void waiting.push(told) };
    expect((await callWith(world.folder, io, 'events', ...words)).code).toBe(0);
    expect(waiting.at(-1)).toBe(told);
    expect(told).toBeGreaterThan(5);
  });
});

describe('what an operator does to one stream', () => {
  let world: World;
  beforeAll(async () => {
    world = await makeWorld('reborn-operator-');
    expect((await world.call(RUN)).code).toBe(3);
  });
  afterAll(() => world.remove());

  it('is told to programs too', async () => {
    const told = async (...args: string[]) => jsonLines((await world.call(['events', ...args, '--json'])).out);
    const pin = { v: 1, family: 'runtime', tenantId, cursor: '3' };
    expect(await told('pin', '3')).toEqual([{ ...pin, kind: 'pinned' }]);
    expect(await told('unpin', '3')).toEqual([{ ...pin, kind: 'unpinned' }]);
    const [{ subscriptions: [{ name = '' } = {}] = [] } = {}] = (await told('stats')).filter(
      ({ family }) => family === 'runtime',
    ) as { subscriptions?: { name?: string }[] }[];
    expect(await told('unfollow', name)).toEqual([{ v: 1, kind: 'unfollowed', name, outcome: 'ended' }]);
    expect(await told('unfollow', name)).toEqual([{ v: 1, kind: 'unfollowed', name, outcome: 'already_ended' }]);
  });

  it.each([
    ['--after', ['tail', '--after', '1e3'], 'events/invalid_cursor'],
    ['--after', ['tail', '--after', '-1'], 'events/invalid_cursor'],
    ['--after', ['tail', '--after', '99999'], 'cli/cursor_ahead'],
    ['cursor', ['pin', '99999999999999999999'], 'events/invalid_cursor'],
    ['cursor', ['show', 'abc'], 'events/invalid_cursor'],
    ['--from', ['query', '--from', '90'], 'cli/invalid_option'],
    ['--from', ['query', '--from', '-1'], 'cli/invalid_option'],
    ['--to', ['query', '--to', 'Jan 5'], 'cli/invalid_option'],
    ['--to', ['query', '--to', '2026-13-01'], 'cli/invalid_option'],
    ['follower', ['retain', '--pass', 'nobody'], 'cli/not_found'],
    ['follower', ['retain', '--apply', '--pass', 'nobody'], 'cli/not_found'],
  ])('is refused by the name of what is wrong, %s: %j', async (field, args, code) => {
    const refused = await world.call(['events', ...args, '--json']);
    expect([refused.code, refused.out, jsonLines(refused.err)[0]]).toMatchObject([2, '', { code, detail: { field } }]);
  });

  it.each(['2026-01-31', '2026-01-31T12:00Z', '2026-01-31T12:00:30.5+02:00', '15m'])(
    'takes the time %s',
    async (at) => {
      expect((await world.call(['events', 'query', '--to', at])).code).toBe(0);
    },
  );

  it('takes no page of another question', async () => {
    const [more] = jsonLines((await world.call(['events', 'query', '--limit', '1', '--json'])).out).slice(-1);
    const page = String(more?.['page']);
    for (const other of [['--oldest'], ['--kind', 'run_*'], ['--family', 'journal'], ['--everybody']]) {
      const refused = await world.call(['events', 'query', '--page', page, ...other, '--json']);
      expect([refused.code, jsonLines(refused.err)[0]?.['code']], other[0]).toEqual([2, 'events/invalid_request']);
    }
  });

  it('is bounded where a file is hostile: one line without an end is refused, not held', async () => {
    const header = (await world.call(['events', 'export', '-'])).out.split('\n')[0] ?? '';
    const text = `${header}\n{"cursor":1,"junk":"${'x'.repeat(8 * 1024 * 1024)}`;
    await writeFile(join(world.folder, 'endless.jsonl'), text);
    const refused = await world.call(['events', 'import', 'endless.jsonl', '--home', 'bare', '--json']);
    expect([refused.code, jsonLines(refused.err)[0]]).toMatchObject([
      2,
      { code: 'events/invalid_stream_file', detail: { line: 2 } },
    ]);
    expect(refused.err).not.toContain('junk');
  });

  it('is not mistaken for nothing where the home is closed, and follows a link to one that is not', async () => {
    await symlink('loop', join(world.folder, 'loop'));
    for (const words of [['events', 'stats'], ['events', 'export', 'never.jsonl'], ['runs'], ['events', 'tail']]) {
      const closed = await world.call([...words, '--home', 'loop', '--json']);
      expect([closed.code, jsonLines(closed.err)[0]?.['code']], words.join(' ')).toEqual([5, 'cli/home_unusable']);
    }
    const doctor = await world.call(['doctor', '--home', 'loop']);
    expect([doctor.code, doctor.out.includes('local: not all of it works')]).toEqual([5, true]);
    await symlink('.reborn', join(world.folder, 'linked'));
    expect((await world.call(['events', 'verify', '--home', 'linked'])).code).toBe(0);
    const never = await world.call(['events', 'stats', '--home', 'never', '--json']);
    expect([never.code, jsonLines(never.err)[0]?.['code']]).toEqual([2, 'cli/no_home']);
  });

  it('takes the names of files as they are', async () => {
    for (const name of ['--', 'a b;$(touch pwned)', '\u001b[31m\n.jsonl', 'ä'.repeat(100)]) {
      const kept = await world.call(['events', 'export', '--', name]);
      expect([kept.code, kept.err], name).toEqual([0, '']);
      expect((await stat(join(world.folder, name))).size).toBeGreaterThan(100);
    }
    expect(await readdir(world.folder)).not.toContain('pwned');
    const refused = await world.call(['events', 'export', 'x'.repeat(300), '--json']);
    expect([refused.code, jsonLines(refused.err)[0]?.['code']]).toEqual([2, 'cli/unreadable_file']);
  });
});

describe('a follower that nobody runs any more', () => {
  let world: World;
  beforeEach(async () => void (world = await makeWorld('reborn-pass-')));
  afterEach(() => world.remove());

  it('holds records back until it is given up, and the audit says who did it', async () => {
    const later = { laterMs: 2 * HOUR };
    const json = async (...args: string[]) => jsonLines((await world.call(['events', ...args, '--json'], later)).out);
    await mkdir(join(world.folder, 'settings'));
    const rules = ['--config', 'settings/reborn.config.json'];
    const retention = [{ family: 'runtime', keepMs: HOUR }];
    await writeFile(join(world.folder, 'settings/reborn.config.json'), JSON.stringify({ retention }));
    const home = join(world.folder, '.reborn');
    await mkdir(home);
    const storage = { kind: 'sqlite', file: join(home, 'agent.db') } as const;
    const options = await createMachine().compose({ profile: 'local', storage });
    const hook = { point: 'event_triggered', id: 'gone', version: 1, kinds: ['run_*'], body: () => undefined } as const;
    const extensions = [{ id: 'of-last-year', version: '1', hooks: [{ ...hook, kinds: ['run_submitted' as const] }] }];
    const former = await createReborn({ ...options, extensions });
    await former.settle();
    await former.close();
    expect((await world.call(RUN)).code).toBe(3);
    const [{ runs: [{ runId = '' } = {}] = [] } = {}] = jsonLines((await world.call(['runs', '--json'])).out) as {
      runs?: { runId?: string }[];
    }[];
    expect((await world.call(['runs', 'cancel', runId])).code).toBe(0);
    const standings = (await json('stats')).find(({ family }) => family === 'runtime')?.['subscriptions'];
    const behind = (standings as { name: string; lag: number }[]).find(({ lag }) => lag > 0);
    const name = behind?.name ?? '';

    const [held] = (await json('retain', ...rules)).filter(({ family }) => family === 'runtime');
    expect(held).toMatchObject({ cutThrough: '0', removed: 0, gaps: [], heldBy: [{ kind: 'consumer', name }] });
    expect(await json('retain', '--apply', ...rules)).toEqual([]);
    const before = await json('stats');
    const [plan] = (await json('retain', ...rules, '--pass', name)).filter(({ family }) => family === 'runtime');
    expect(plan).toMatchObject({ gaps: [name], heldBy: [] });
    expect(await json('stats')).toEqual(before);

    const [taken] = await json('retain', '--apply', ...rules, '--pass', name);
    expect(taken).toMatchObject({ kind: 'retained', family: 'runtime', cutThrough: plan?.['cutThrough'], done: true });
    const stood = (await json('stats')).find(({ family }) => family === 'runtime')?.['subscriptions'];
    expect(stood).toContainEqual(expect.objectContaining({ name, status: 'gapped' }));
    const [audit] = await json('query', '--family', 'audit', '--kind', 'retention_applied', '--everybody');
    expect(audit?.['facts']).toMatchObject({ family: 'runtime', cutThrough: Number(plan?.['cutThrough']) });
    expect((await world.call(['events', 'verify'])).code).toBe(0);
    expect(await readFile(join(world.folder, 'notes/a.md'), 'utf8')).toContain('one');
  });
});
