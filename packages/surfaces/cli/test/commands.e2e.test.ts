import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findLeaks } from '@reborn/host-api/testkit';
import { afterAll, beforeAll, beforeEach, afterEach, describe, expect, it } from 'vitest';
import { jsonLines, makeWorld, RUN, type Said, type World } from './world.ts';

const UNKNOWN = '0199aaaa-0000-7000-8000-000000000000';
const SECRET = 'sk-sentinel-qzx-4711';

interface Listed {
  readonly runId: string;
  readonly threadId: string;
  readonly gates: readonly { readonly gateId: string; readonly invocationId: string }[];
}

async function newestRun(world: World): Promise<Listed> {
  const answer = jsonLines((await world.call(['runs', '--json'])).out)[0] as { runs: Listed[] };
  const [run] = answer.runs;
  if (run === undefined) throw new Error('there is no run');
  return run;
}

describe('with a run that is parked', () => {
  let world: World;
  let run: Listed;
  let gateId: string;
  beforeAll(async () => {
    world = await makeWorld('reborn-sentinel-qzx-');
    expect((await world.call(RUN)).code).toBe(3);
    run = await newestRun(world);
    gateId = run.gates[0]?.gateId ?? '';
  });
  afterAll(() => world.remove());

  const cases: readonly [name: string, args: () => string[], code: number, fault: string][] = [
    ['a command that is not there', () => ['fly'], 2, 'cli/usage'],
    ['an option that is not there', () => ['runs', '--loud'], 2, 'cli/usage'],
    ['a missing argument', () => ['approve'], 2, 'cli/usage'],
    ['a group without a command', () => ['events'], 2, 'cli/usage'],
    ['a group with a command that is none', () => ['runs', 'lst'], 2, 'cli/usage'],
    ['a message without quotes', () => ['run', 'Make', 'a', 'digest.'], 2, 'cli/usage'],
    ['an empty message', () => ['run', ' ', '--recording', 'recording.json'], 2, 'cli/invalid_option'],
    ['a thread id that is none', () => [...RUN, '--thread', 'a/b'], 2, 'host-api/invalid_id'],
    ['no model', () => ['run', 'hello'], 2, 'cli/no_model'],
    ['a missing recording', () => ['run', 'hello', '--recording', 'gone.json'], 2, 'cli/unreadable_file'],
    ['a recording that is none', () => ['run', 'hello', '--recording', 'notes/a.md'], 2, 'host-api/invalid_json'],
    ['a model and a recording', () => [...RUN, '--model', 'http://localhost:1/v1'], 2, 'cli/invalid_option'],
    ['a model that is no URL', () => ['run', 'hello', '--model', 'file:///etc/passwd'], 2, 'cli/invalid_option'],
    [
      'a model URL with a key',
      () => ['run', 'hello', '--model', `http://localhost:1/?key=${SECRET}`],
      2,
      'cli/invalid_option',
    ],
    [
      'a model URL with a password',
      () => ['run', 'hello', '--model', `http://me:${SECRET}@localhost:1/`],
      2,
      'cli/invalid_option',
    ],
    [
      'a key itself instead of its variable',
      () => ['run', 'hello', '--model', 'http://localhost:1', '--api-key-env', SECRET],
      2,
      'cli/invalid_option',
    ],
    [
      'a variable that is not set',
      () => ['run', 'hello', '--model', 'http://localhost:1', '--api-key-env', 'NO_SUCH_KEY'],
      2,
      'cli/invalid_option',
    ],
    [
      'a folder that is not there',
      () => ['run', 'hello', '--recording', 'recording.json', '--dir', 'gone'],
      2,
      'cli/unreadable_file',
    ],
    [
      'a folder that is a file',
      () => ['run', 'hello', '--recording', 'recording.json', '--dir', 'notes/a.md'],
      2,
      'cli/unreadable_file',
    ],
    [
      'the home as workspace',
      () => ['run', 'hello', '--recording', 'recording.json', '--dir', '.reborn'],
      2,
      'cli/invalid_option',
    ],
    [
      'another folder for a thread',
      () => ['run', 'hello', '--thread', run.threadId, '--dir', '.'],
      4,
      'cli/other_workspace',
    ],
    ['a thread with a run under way', () => ['run', 'hello', '--thread', run.threadId], 4, 'cli/thread_busy'],
    ['a home that cannot be made', () => [...RUN, '--home', 'notes/a.md/home'], 5, 'cli/home_unusable'],
    ['a home where nothing is', () => ['runs', '--home', 'nowhere'], 2, 'cli/no_home'],
    ['a configuration that is not there', () => ['runs', '--config', 'gone.json'], 2, 'cli/unreadable_file'],
    ['a configuration that is no JSON', () => ['runs', '--config', 'notes/a.md'], 2, 'reborn/invalid_configuration'],
    ['an unknown key in the configuration', () => ['runs', '--config', 'odd.json'], 2, 'reborn/invalid_configuration'],
    ['a gate id that is none', () => ['approve', 'nope'], 2, 'host-api/invalid_id'],
    ['an unknown gate', () => ['approve', UNKNOWN], 2, 'cli/not_found'],
    ['an abbreviation of no gate', () => ['deny', 'abcdef'], 2, 'cli/not_found'],
    ['an edit that is no JSON', () => ['approve', gateId, '--edit', '{'], 2, 'host-api/invalid_json'],
    ['an edit file that is not there', () => ['approve', gateId, '--edit', '@gone.json'], 2, 'cli/unreadable_file'],
    [
      'an edit that the capability does not take',
      () => ['approve', gateId, '--edit', '{"path":1}'],
      2,
      'cli/invalid_edit',
    ],
    [
      'a reason that is too long',
      () => ['deny', gateId, '--reason', 'x'.repeat(2000)],
      2,
      'host-runtime/invalid_request',
    ],
    ['a run id that is none', () => ['runs', 'show', 'nope'], 2, 'host-api/invalid_id'],
    ['an unknown run', () => ['runs', 'show', UNKNOWN], 2, 'cli/not_found'],
    ['an unknown run to resume', () => ['runs', 'resume', UNKNOWN], 2, 'cli/not_found'],
    ['an unknown run to cancel', () => ['runs', 'cancel', UNKNOWN], 2, 'cli/not_found'],
    ['a process id that is none', () => ['processes', 'end', 'nope'], 2, 'host-api/invalid_id'],
    ['an unknown process', () => ['processes', 'end', UNKNOWN], 2, 'cli/not_found'],
    ['a thread that is none', () => ['budgets', '--thread', 'a/b'], 2, 'host-api/invalid_id'],
    ['an unknown subject to explain', () => ['explain', UNKNOWN], 2, 'cli/not_found'],
    ['a subject that is none', () => ['explain', '../..'], 2, 'host-api/invalid_id'],
    ['a cursor that is none', () => ['events', 'tail', '--after', '1.5'], 2, 'events/invalid_cursor'],
    ['a cursor ahead', () => ['events', 'tail', '--after', '9999'], 2, 'cli/cursor_ahead'],
    ['an event ahead', () => ['events', 'show', '9999'], 2, 'cli/cursor_ahead'],
    ['no event at all', () => ['events', 'show', '0'], 2, 'cli/not_found'],
    ['a family that is none', () => ['events', 'tail', '--family', 'gossip'], 2, 'cli/invalid_option'],
  ];

  it.each(cases)('%s is a typed fault, changes nothing and leaks nothing', async (_name, args, code, fault) => {
    await writeFile(join(world.folder, 'odd.json'), `{"apiKey":"${SECRET}"}`);
    const before = await state(world);
    const json = await world.call([...args(), '--json']);
    expect(json.code).toBe(code);
    expect(json.out).toBe('');
    expect(jsonLines(json.err)).toHaveLength(1);
    expect(jsonLines(json.err)[0]).toMatchObject({
      v: 1,
      kind: 'error',
      code: fault,
      message: expect.any(String),
      remedy: expect.any(String),
    });
    const plain = await world.call(args());
    expect(plain.code).toBe(code);
    expect(plain.err).toMatch(/^reborn: .*\.\n +.*\n$/);
    expect(await state(world)).toEqual(before);
    expect(findLeaks([json, plain], [SECRET, 'sentinel-qzx', '/tmp/', 'node:internal', '    at '])).toEqual([]);
  });

  it('nobody but the owner answers: the gate stays open and the attempt is in the audit', async () => {
    const answered = await world.call(['approve', gateId, '--json'], { user: 'mallory' });
    expect(answered.code).toBe(4);
    expect(jsonLines(answered.err)[0]).toMatchObject({ code: 'cli/not_authorised' });
    expect((await newestRun(world)).gates[0]?.gateId).toBe(gateId);
    const audit = await world.call(['events', 'tail', '--family', 'audit', '--json']);
    expect(jsonLines(audit.out).at(-1)).toMatchObject({
      kind: 'event',
      event: 'approval_refused',
      facts: { by: { kind: 'user', id: 'mallory' } },
    });
  });

  it("somebody else's runs and events are unknown", async () => {
    const as = { user: 'mallory' };
    expect(jsonLines((await world.call(['runs', '--json'], as)).out)[0]).toMatchObject({ runs: [] });
    expect((await world.call(['runs', 'show', run.runId], as)).code).toBe(2);
    expect((await world.call(['runs', 'cancel', run.runId], as)).code).toBe(2);
    expect((await world.call(['explain', run.runId], as)).code).toBe(2);
    expect((await world.call(['events', 'tail', '--json'], as)).out).toBe('');
  });

  it('shows a run with the whole input of its gate, and a call with its story', async () => {
    const shown = await world.call(['runs', 'show', run.runId.slice(-8)]);
    expect(shown.out).toContain('    content: (12 bytes)\n      | hello\n      | world');
    const call = await world.call(['explain', run.gates[0]?.invocationId ?? '', '--json']);
    expect(jsonLines(call.out)[0]).toMatchObject({
      v: 1,
      kind: 'explanation',
      calls: [{ end: 'waiting', capabilityId: 'builtin.write_file' }],
    });
    expect(call.out).toContain('"path":"digests/out.md"');
  });

  it('reads the log from a cursor, in order, and one event in full', async () => {
    const tail = jsonLines((await world.call(['events', 'tail', '--after', '1', '--json'])).out);
    expect(tail[0]).toMatchObject({ v: 1, kind: 'event', family: 'runtime', cursor: '2', known: true });
    const cursors = tail.map(({ cursor }) => Number(cursor));
    expect(cursors).toEqual(cursors.toSorted((left, right) => left - right));
    const one = await world.call(['events', 'show', '2', '--json']);
    expect(jsonLines(one.out)[0]).toEqual(tail[0]);
    expect((await world.call(['events', 'tail', '--run', run.runId])).out).toContain('run_parked');
  });

  it('the home is for its user alone, and holds no key', async () => {
    const home = join(world.folder, '.reborn');
    const [note = ''] = await readdir(join(home, 'threads'));
    const file = join(home, 'threads', note);
    expect((await stat(home)).mode & 0o077).toBe(0);
    expect((await stat(file)).mode & 0o177).toBe(0);
    expect(Object.keys(JSON.parse(await readFile(file, 'utf8')) as object)).toEqual([
      'v',
      'threadId',
      'workspace',
      'model',
      'extensions',
    ]);
  });

  it('leaves a run alone whose folder it does not know', async () => {
    const home = join(world.folder, '.reborn/threads');
    const [note = ''] = await readdir(home);
    const kept = await readFile(join(home, note), 'utf8');
    await writeFile(join(home, note), '{}');
    expect(await world.call(['approve', gateId])).toMatchObject({ code: 5 });
    await rm(join(home, note));
    const answered = await world.call(['approve', gateId, '--json']);
    expect(answered.code).toBe(4);
    expect(jsonLines(answered.err)[0]).toMatchObject({ code: 'cli/unknown_thread' });
    await writeFile(join(home, note), kept);
    expect((await newestRun(world)).gates).toHaveLength(1);
  });
});

describe('settings', () => {
  let world: World;
  beforeEach(async () => void (world = await makeWorld()));
  afterEach(() => world.remove());

  it('doctor names each part with its durability', async () => {
    const found = await world.call(['doctor', '--dir', 'notes', '--recording', 'recording.json', '--json']);
    expect(found.code).toBe(0);
    const report = jsonLines(found.out)[0] as {
      components: { name: string; durability: string }[];
      checks: { name: string; state: string }[];
    };
    expect(report).toMatchObject({ v: 1, kind: 'doctor', fine: true, profile: 'local', readiness: 'degraded' });
    expect(report.components.find(({ name }) => name === 'event log')).toMatchObject({
      implementation: 'sqlite',
      durability: 'power_loss',
    });
    expect(report.components.find(({ name }) => name === 'processes')).toMatchObject({
      implementation: expect.stringMatching(/^(bubblewrap [0-9.]+|process group only) \(.+\)$/),
    });
    expect(report.checks.map(({ name, state }) => `${name}: ${state}`)).toEqual([
      'Node.js: ok',
      'workspace: ok',
      'secret key: ok',
      'model: ok',
      'home folder: ok',
      'database: ok',
    ]);
  });

  it('doctor and run refuse production with parts that are not fit for it, and make nothing', async () => {
    await writeFile(join(world.folder, 'reborn.config.json'), '{"profile":"production","storage":{"kind":"memory"}}');
    const found = await world.call(['doctor', '--recording', 'recording.json']);
    expect(found.code).toBe(4);
    expect(found.out).toContain('event log       memory, survives nothing  ← does not outlive its process');
    expect(found.out).toContain('is a recording, not a live model');
    expect(found.out).toContain('nothing is granted');
    expect(found.out).toContain('REFUSED');
    const run = await world.call([...RUN, '--json']);
    expect(run.code).toBe(4);
    expect(jsonLines(run.err)[0]).toMatchObject({ code: 'reborn/not_production_ready' });
    expect(await readdir(world.folder)).toEqual(['notes', 'reborn.config.json', 'recording.json']);
  });

  it('doctor says what does not work, by its exit code too', async () => {
    expect((await world.call(['doctor', '--dir', 'gone'])).code).toBe(2);
    expect((await world.call(['doctor', '--recording', 'gone.json'])).code).toBe(2);
    const home = await world.call(['doctor', '--home', 'notes/a.md/home']);
    expect(home.code).toBe(5);
    await mkdir(join(world.folder, 'broken'));
    await writeFile(join(world.folder, 'broken/agent.db'), 'this is not a database, and never was one');
    const broken = await world.call(['doctor', '--home', 'broken']);
    expect(broken.code).toBe(5);
    expect(broken.out).not.toContain(world.folder);
    const model = await world.call(['doctor', '--model', 'http://127.0.0.1:9/v1', '--model-check']);
    expect(model.code).toBe(5);
  });

  it('takes everything from the configuration file, whose paths begin beside it', async () => {
    await mkdir(join(world.folder, 'conf'));
    const config = {
      model: { kind: 'recording', file: '../recording.json' },
      workspace: '../notes',
      storage: { kind: 'sqlite', file: 'here.db' },
    };
    await writeFile(join(world.folder, 'conf/mine.json'), JSON.stringify(config));
    const parked = await world.call(['run', 'hello', '--config', 'conf/mine.json']);
    expect(parked.code).toBe(3);
    expect(await readdir(join(world.folder, 'conf'))).toContain('here.db');
  });

  it('the home inside the workspace is closed to the agent', async () => {
    const parked = await world.call(['run', 'hello', '--dir', '.', '--recording', 'recording.json', '--json']);
    const returned = jsonLines(parked.out).find(
      ({ what, capabilityId }) => what === 'returned' && capabilityId === 'builtin.list_dir',
    );
    expect(JSON.stringify(returned)).toContain('notes/a.md');
    expect(JSON.stringify(returned)).not.toContain('agent.db');
  });

  it('help and version are no mistakes', async () => {
    expect(await world.call(['--version'])).toMatchObject({ code: 0, out: '0.1.0\n', err: '' });
    const help: Said = await world.call(['--help']);
    expect(help.code).toBe(0);
    const commands = [
      'run',
      'approve',
      'deny',
      'runs',
      'events',
      'explain',
      'secrets',
      'processes',
      'budgets',
      'doctor',
    ];
    for (const command of commands) expect(help.out).toContain(`\n  ${command}`);
    expect((await world.call(['help', 'approve'])).out).toContain('--edit');
  });

  it.each([
    'run',
    'approve',
    'deny',
    'runs list',
    'runs show',
    'runs resume',
    'runs cancel',
    'events tail',
    'events show',
    'events replay',
    'events query',
    'events trace',
    'events stats',
    'events verify',
    'events export',
    'events import',
    'events retain',
    'events pin',
    'events unpin',
    'events unfollow',
    'explain',
    'secrets set',
    'secrets init',
    'processes list',
    'processes end',
    'budgets',
    'doctor',
    '',
  ])('the help of "reborn %s" names its exit codes and fits the screen', async (words) => {
    const { code, out } = await world.call([...words.split(' ').filter((word) => word !== ''), '--help']);
    expect(code).toBe(0);
    for (const exit of [0, 1, 2, 3, 4, 5, 70, 130]) expect(out).toMatch(new RegExp(`\\n  ${exit} +\\S`));
    expect(out).toContain('--json');
    for (const line of out.split('\n')) expect(line.length).toBeLessThanOrEqual(100);
  });

  it.each([
    [
      ['fly'],
      'There is no command "fly".',
      'Use one of: run, approve, deny, runs, events, explain, secrets, processes, budgets, doctor.',
    ],
    [['rum', 'hello'], '(Did you mean run?)', 'reborn --help'],
    [['runs', 'lst'], 'There is no command "lst"', 'Use one of: list, show, resume, cancel.'],
    [['help', 'nope'], 'There is no command "nope"', 'Use one of: run,'],
    [['events'], 'A command is missing', 'Add one of: tail, show, replay, query, trace,'],
    [['run', 'x', '--recordin', 'y'], '(Did you mean --recording?)', 'See `reborn run --help`.'],
    [['--home', 'x', 'runs'], "Unknown option '--home'", 'Options stand behind the command.'],
    [['runs', '--home'], 'argument missing', 'See `reborn runs --help`.'],
    [['run', 'a', 'b'], 'Too many arguments', 'Put the whole message in quotes.'],
  ])('%j is a mistake that is named, with a hint', async (words, mistake, hint) => {
    const { code, out, err } = await world.call(words);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain(mistake);
    expect(err).toContain(hint);
  });

  // Nobody makes folders below these, not even root.
  it.each(['notes/a.md/home', '/dev/null/home', '/proc/reborn'])(
    'a home that may not be written is said: %s',
    async (home) => {
      const run = await world.call([...RUN, '--home', home, '--json']);
      expect(run).toMatchObject({ code: 5, out: '' });
      expect(jsonLines(run.err)[0]).toMatchObject({
        code: 'cli/home_unusable',
        detail: { field: '--home', rule: expect.stringMatching(/^cannot be written \(e[a-z]+\)$/) },
      });
      const doctor = await world.call(['doctor', '--recording', 'recording.json', '--home', home]);
      expect(doctor.code).toBe(5);
      expect(doctor.out).toMatch(/failed +home folder +The home folder of the host cannot be used/);
    },
  );
});

async function state(world: World): Promise<unknown> {
  const { files } = world;
  return { files: await files(), runs: (await world.call(['runs', '--json'])).out };
}
