import { mkdir, readFile, readlink, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { jsonLines, makeWorld, RUN, type World } from './world.ts';

const HOUR = 3_600_000;

type Fields = Record<string, unknown>;

/** One run, parked at its gate; everything here only looks, or works on copies. */
describe('reborn events', () => {
  let world: World;
  let runId = '';
  const json = async (...args: readonly string[]) => jsonLines((await world.call(['events', ...args, '--json'])).out);

  beforeAll(async () => {
    world = await makeWorld('reborn-events-');
    expect((await world.call(RUN)).code).toBe(3);
    const [listed] = jsonLines((await world.call(['runs', '--json'])).out);
    runId = (listed as unknown as { runs: readonly { runId: string }[] }).runs[0]?.runId ?? '';
  });
  afterAll(() => world.remove());

  it('finds events by kind, capability, run and time, page by page', async () => {
    const dispatched = await json('query', '--kind', 'dispatch_*', '--capability', 'builtin.list_dir', '--oldest');
    expect(dispatched.map(({ event }) => event)).toEqual(['dispatch_requested', 'dispatch_succeeded']);
    const all = await json('query', '--run', runId, '--limit', '1000');
    expect(all.length).toBeGreaterThan(5);
    const paged: Fields[] = [];
    let page: readonly string[] = [];
    do {
      const found = await json('query', '--run', runId, '--limit', '2', ...page);
      paged.push(...found.filter(({ kind }) => kind === 'event'));
      const more = found.find(({ kind }) => kind === 'more');
      page = more === undefined ? [] : ['--page', String(more['page'])];
    } while (page.length > 0);
    expect(paged).toEqual(all);
    expect(await json('query', '--to', '1970-01-02')).toEqual([]);
    expect((await json('query', '--from', '1h', '--limit', '1')).length).toBe(2);
  });

  it('traces one correlation over all families, each in its order', async () => {
    const [event] = await json('query', '--kind', 'run_submitted');
    const correlation = String(event?.['correlationId']);
    const trace = (await json('trace', correlation, '--limit', '1000')).filter(({ kind }) => kind === 'event');
    const families = new Set(trace.map(({ family }) => family));
    expect([...families].toSorted()).toEqual(['audit', 'journal', 'runtime', 'security']);
    for (const family of families) {
      const cursors = trace.filter((entry) => entry['family'] === family).map(({ cursor }) => Number(cursor));
      expect(cursors).toEqual(cursors.toSorted((left, right) => left - right));
    }
    expect((await world.call(['events', 'trace', correlation])).out).toContain('run_submitted');
  });

  it('shows nobody the events of others, unless the whole tenant is asked for', async () => {
    const as = { user: 'mallory' };
    expect((await world.call(['events', 'query'], as)).out).toBe('');
    expect((await world.call(['events', 'query', '--everybody'], as)).out).toContain('run_submitted');
  });

  it('reads the journal of a run from its beginning', async () => {
    const audit = await world.call(['events', 'replay', runId.slice(0, 8)]);
    expect(audit).toMatchObject({ code: 0, err: '' });
    expect(audit.out).toContain('builtin.list_dir');
    const [resume] = await json('replay', runId, '--mode', 'resume');
    expect(resume).toMatchObject({ kind: 'replay', mode: 'resume', runId, findings: [], blockers: [] });
    expect((await world.call(['events', 'replay', runId, '--mode', 'repair'])).out).toContain(
      'there is nothing to decide',
    );
  });

  it('goes through every chain, and names the storage’s anchor', async () => {
    const verified = await json('verify');
    expect(verified.map(({ family }) => family)).toEqual([
      'audit',
      'journal',
      'runtime',
      'security',
      'transcript',
      'turn',
    ]);
    expect(verified.map(({ result }) => result)).toEqual(verified.map(() => 'intact'));
    expect((await world.call(['events', 'verify'])).out).toContain('a head anchor bounds it from below');
  });

  it('says what the streams hold and who follows them', async () => {
    const stats = await json('stats');
    const runtime = stats.find(({ kind, family }) => kind === 'stream' && family === 'runtime');
    expect(runtime).toMatchObject({ tenantId: 'default', earliest: '1', removed: 0, pins: [] });
    expect(runtime?.['subscriptions']).toMatchObject([{ status: 'active', lag: 0, deadLetters: 0 }]);
    expect(stats.at(-1)).toMatchObject({ kind: 'anchor', backend: 'sqlite', anchored: true });
    expect((await world.call(['events', 'stats'])).out).toContain('lifecycle-projection');
  });

  it('ends a follower for good, and says so in the log', async () => {
    const [row] = await json('stats').then((lines) => lines.filter(({ family }) => family === 'runtime'));
    const [{ name } = { name: '' }] = (row?.['subscriptions'] ?? []) as readonly { name: string }[];
    expect((await world.call(['events', 'unfollow', name])).out).toContain('has ended, and the log says so');
    expect((await world.call(['events', 'unfollow', name])).out).toContain('had ended already');
    const [ended] = await json('query', '--kind', 'subscription_terminated', '--everybody');
    expect(ended).toMatchObject({ facts: { subscription: name, reason: 'ended_by_operator' } });
    expect((await world.call(['events', 'stats'])).out).toContain(`${name}  terminated`);
  });

  it('exports a stream to a new file of its owner’s, and puts it back elsewhere as it was', async () => {
    for (const family of ['runtime', 'transcript']) {
      const file = `${family}.jsonl`;
      expect(await world.call(['events', 'export', file, '--family', family])).toMatchObject({ code: 0, err: '' });
      expect((await stat(join(world.folder, file))).mode & 0o777).toBe(0o600);
      const text = await readFile(join(world.folder, file), 'utf8');
      expect((await world.call(['events', 'export', '-', '--family', family])).out).toBe(text);
      const elsewhere = ['--home', 'elsewhere'];
      const [report] = await json('import', file, '--family', family, ...elsewhere);
      const records = text.split('\n').length - 3;
      expect(report).toMatchObject({ kind: 'imported', family, records, added: records });
      expect((await json('import', file, '--family', family, ...elsewhere))[0]).toMatchObject({ records, added: 0 });
      expect((await world.call(['events', 'export', '-', '--family', family, ...elsewhere])).out).toBe(text);
      expect((await world.call(['events', 'verify', ...elsewhere])).code).toBe(0);
    }
  });

  it('writes over nothing and follows no link', async () => {
    const target = join(world.folder, 'target.txt');
    await writeFile(target, 'mine');
    await symlink(target, join(world.folder, 'link.jsonl'));
    await symlink(join(world.folder, 'nowhere'), join(world.folder, 'dangling.jsonl'));
    for (const name of ['target.txt', 'link.jsonl', 'dangling.jsonl']) {
      const refused = await world.call(['events', 'export', name, '--json']);
      expect([refused.code, jsonLines(refused.err)[0]?.['code']], name).toEqual([2, 'cli/file_exists']);
    }
    expect(await readFile(target, 'utf8')).toBe('mine');
    expect(await readlink(join(world.folder, 'link.jsonl'))).toBe(target);
    for (const name of ['link.jsonl', 'missing.jsonl', '.']) {
      const refused = await world.call(['events', 'import', name, '--home', 'fresh', '--json']);
      expect([refused.code, jsonLines(refused.err)[0]?.['code']], name).toEqual([2, 'cli/unreadable_file']);
      expect(refused.err).not.toContain(world.folder);
    }
  });

  it('refuses an export that was changed or belongs elsewhere, and leaves nothing of it', async () => {
    await world.call(['events', 'export', 'good.jsonl']);
    const text = await readFile(join(world.folder, 'good.jsonl'), 'utf8');
    const damaged = join(world.folder, 'damaged.jsonl');
    const table: readonly (readonly [string, string])[] = [
      [text.replace('run_submitted', 'run_completed'), 'events/import_refused'],
      [text.replaceAll('"tenantId":"default"', '"tenantId":"other"'), 'events/import_refused'],
      [text.slice(0, -200), 'events/invalid_stream_file'],
    ];
    for (const [changed, code] of table) {
      await writeFile(damaged, changed);
      const refused = await world.call(['events', 'import', 'damaged.jsonl', '--home', 'bare', '--json']);
      expect([refused.code, jsonLines(refused.err)[0]?.['code']]).toEqual([2, code]);
    }
    expect(jsonLines((await world.call(['events', 'stats', '--home', 'bare', '--json'])).out)).toMatchObject([
      { kind: 'anchor' },
    ]);
  });

  it.each([
    ['a moment that is none', ['query', '--from', 'yesterday'], 'cli/invalid_option'],
    ['a limit of nothing', ['query', '--limit', '0'], 'cli/invalid_option'],
    ['a kind that is none', ['query', '--kind', 'dispatch_requestd'], 'events/invalid_request'],
    ['a page of another query', ['query', '--page', 'abc'], 'events/invalid_request'],
    ['a correlation that is none', ['trace', 'abc'], 'host-api/invalid_id'],
    ['a mode that is none', ['replay', '00000000', '--mode', 'guess'], 'cli/invalid_option'],
    ['a family that is none', ['verify', '--family', 'gossip'], 'cli/invalid_option'],
    ['an event that is not there', ['pin', '999'], 'cli/not_found'],
    ['a follower that is not there', ['unfollow', 'nobody'], 'cli/not_found'],
    ['a pin that is not there', ['unpin', '1'], 'cli/not_found'],
    ['a reason that is no word', ['pin', '1', '--reason', 'Because I say so'], 'events/invalid_request'],
  ])('%s is named', async (_name, args, code) => {
    const refused = await world.call(['events', ...args, '--json']);
    expect([refused.code, refused.out, jsonLines(refused.err)[0]?.['code']]).toEqual([2, '', code]);
  });
});

describe('reborn events retain', () => {
  let world: World;
  const json = async (...args: readonly string[]) =>
    jsonLines((await world.call(['events', ...args, '--json'], { laterMs: 2 * HOUR })).out);

  beforeAll(async () => {
    world = await makeWorld('reborn-retain-');
    const rules = { retention: [{ family: 'runtime', keepMs: HOUR }] };
    await mkdir(join(world.folder, 'settings'));
    await writeFile(join(world.folder, 'settings', 'reborn.config.json'), JSON.stringify(rules));
    expect((await world.call([...RUN, '--thread', 'one'])).code).toBe(3);
    const [listed] = jsonLines((await world.call(['runs', '--json'])).out);
    const { gates } = (listed as unknown as { runs: readonly { gates: readonly { gateId: string }[] }[] }).runs[0] ?? {
      gates: [],
    };
    expect((await world.call(['approve', gates[0]?.gateId ?? ''])).code).toBe(0);
  });
  afterAll(() => world.remove());

  it('says what would go, takes it only when told, keeps what is pinned, and writes it into the audit', async () => {
    const rules = ['--config', 'settings/reborn.config.json'];
    const before = await json('stats');
    expect(await json('retain')).toMatchObject(
      before
        .filter(({ kind }) => kind === 'stream')
        .map(({ family }) => ({ kind: 'retention_plan', family, removed: 0 })),
    );
    expect((await world.call(['events', 'pin', '3', '--reason', 'case'])).out).toContain('stays until it is unpinned');
    const plan = (await json('retain', ...rules)).find(({ family }) => family === 'runtime');
    expect(plan).toMatchObject({ cutThrough: '2', heldBy: [{ kind: 'pin', cursor: '3' }] });
    expect((await json('stats'))[0]).toEqual(before[0]);
    const [report] = await json('retain', '--apply', ...rules);
    expect(report).toMatchObject({ kind: 'retained', family: 'runtime', cut: 2, cutThrough: '2', done: true });
    const shown = await json('tail', '--after', '2');
    expect(shown[0]).toMatchObject({ cursor: '3' });
    const gone = await world.call(['events', 'tail', '--after', '0', '--json']);
    expect([gone.code, jsonLines(gone.err)[0]]).toMatchObject([
      2,
      { code: 'cli/cursor_too_old', detail: { earliest: 3 } },
    ]);
    expect((await json('query', '--family', 'audit', '--kind', 'retention_applied', '--everybody'))[0]).toMatchObject({
      facts: { family: 'runtime', cutThrough: 2 },
    });
    expect((await world.call(['events', 'verify'])).code).toBe(0);
  });

  it('takes no rules from a file that merely lies in the folder', async () => {
    await writeFile(
      join(world.folder, 'reborn.config.json'),
      JSON.stringify({ retention: [{ family: 'audit', keepMs: HOUR }] }),
    );
    const refused = await world.call(['events', 'retain', '--apply', '--json']);
    expect([refused.code, jsonLines(refused.err)[0]?.['code']]).toEqual([4, 'cli/untrusted_config']);
    await writeFile(
      join(world.folder, 'reborn.config.json'),
      '{"storage":{"kind":"postgres","urlEnv":"DATABASE_URL"}}',
    );
    expect((await world.call(['events', 'stats'])).code).toBe(4);
  });
});
