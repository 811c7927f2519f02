/** A call that is asked about in every way: its secrets, its approval, its budget; from processes that name no settings. */
import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createSentinel, findLeaks } from '@reborn/host-api/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { jsonLines, makeWorld, type World } from './world.ts';

const CONFIG = ['--config', 'conf/mine.json'];
const RUN = ['run', 'Post it.', '--recording', 'post.json', ...CONFIG];
const PROGRAM = `import { text } from 'node:stream/consumers';
const input = JSON.parse(await text(process.stdin));
const output = { posted: input.text, with: process.env.REBORN_SECRET_FORGE_TOKEN };
process.stdout.write(JSON.stringify({ kind: 'completed', output }));
`;
const CAPABILITY = {
  id: 'forge.post',
  description: 'Posts a text.',
  inputSchema: {
    type: 'object',
    properties: { text: { type: 'string', maxLength: 100 } },
    required: ['text'],
    additionalProperties: false,
  },
  prompt: 'post.md',
  effects: ['execute_code', 'use_secret'],
  permission: 'ask',
  deadlineMs: 20_000,
  outputBytesMax: 4096,
  credentials: [{ handle: 'forge.token', required: true }],
  run: { lane: 'process', command: ['node', 'post.mjs'] },
};
const post = (...next: object[]) => ({
  id: 'post',
  say: 'I post.',
  calls: [{ id: 'post', tool: 'forge.post', input: { text: 'hello' } }],
  next,
});
const RECORDING = {
  version: 1,
  title: 'test',
  user: null,
  steps: [
    post(
      ...['credentials_declined', 'budget_declined'].map((outcome) => ({
        when: { call: 'post', outcome },
        goto: 'declined',
      })),
    ),
    { id: 'done', say: 'Done.' },
    { id: 'declined', say: 'You declined.' },
  ],
};

interface Gate {
  readonly gateId: string;
  readonly invocationId: string;
  readonly gateKind: string;
  readonly inputDigest: string;
  readonly authorityDigest: string;
}

describe('a call that needs a secret, an approval and a budget', () => {
  let world: World;
  let keys: World;
  const token = createSentinel('governed');
  const said: string[] = [];
  const call = async (...args: string[]) => {
    const done = await world.call(args);
    said.push(done.out, done.err);
    return done;
  };
  const openGate = async (): Promise<Gate> => {
    const [listed] = jsonLines((await call('runs', '--json')).out) as unknown as [{ runs: [{ gates: [Gate] }] }];
    return listed.runs[0].gates[0];
  };
  const setSecret = () => world.call(['secrets', 'set', 'forge.token', ...CONFIG], { input: `${token}\n` });

  beforeAll(async () => {
    [world, keys] = [await makeWorld('reborn-governed-'), await makeWorld('reborn-governed-keys-')];
    const write = (file: string, text: string) => writeFile(join(world.folder, file), text);
    await Promise.all(['forge', 'conf'].map((folder) => mkdir(join(world.folder, folder))));
    const manifest = {
      schemaVersion: 1,
      id: 'forge',
      version: '1.0.0',
      requestedTrust: 'third_party',
      capabilities: [CAPABILITY],
    };
    await write('forge/extension.json', JSON.stringify(manifest));
    await write('forge/post.md', 'Posts.');
    await write('forge/post.mjs', PROGRAM);
    await write('post.json', JSON.stringify(RECORDING));
    const keyFile = join(keys.folder, 'key');
    await writeFile(keyFile, randomBytes(32).toString('hex'), { mode: 0o600 });
    const config = {
      workspace: '../notes',
      secrets: { keyFile },
      extensions: [{ path: '../forge', trust: 'user_trusted', allowedEffects: ['execute_code', 'use_secret'] }],
      budgets: [{ axis: 'user', period: { kind: 'day' }, limit: { calls: 100 }, pauseAt: 0 }],
    };
    await write('conf/mine.json', JSON.stringify(config));
    await write('conf/other.json', '{}');
  });
  afterAll(async () => {
    await world.remove();
    await keys.remove();
  });

  it('waits for each of them in turn, and whoever answers need not name the settings again', async () => {
    const waits = await call(...RUN);
    expect(waits.code).toBe(3);
    const { gateId, invocationId } = await openGate();
    expect(waits.out).toContain(`reborn secrets set forge.token\n          reborn approve ${gateId}\n`);
    expect((await call('runs')).out).toContain(`gate ${gateId}  credentials forge.token  forge.post  text="hello"`);
    expect((await call('runs', 'show', waits.out.split(/\s+/)[1] ?? '')).out).toContain('needs secrets  forge.token');
    const missing = await call('approve', gateId, '--json');
    expect([missing.code, jsonLines(missing.err)]).toMatchObject([4, [{ code: 'cli/credentials_missing' }]]);
    const edited = await call('approve', gateId, '--edit', '{"text":"x"}', '--json');
    expect([edited.code, jsonLines(edited.err)]).toMatchObject([
      2,
      [{ code: 'cli/invalid_edit', detail: { field: 'input' } }],
    ]);
    const other = await call('approve', gateId, '--config', 'conf/other.json', '--json');
    expect([other.code, jsonLines(other.err)]).toMatchObject([4, [{ code: 'cli/unnamed_extension' }]]);
    expect((await setSecret()).code).toBe(0);

    const given = await call('approve', gateId.slice(-8));
    expect([given.code, given.out]).toEqual([3, expect.stringContaining('credentials given by')]);
    const approval = await openGate();
    expect(approval).toMatchObject({ gateKind: 'approval', invocationId });
    const paused = await call('approve', approval.gateId, '--edit', '{"text":"edited"}', '--reason', 'shorter');
    expect(paused.code).toBe(3);
    const budget = await openGate();
    expect((await call('runs')).out).toContain(`gate ${budget.gateId}  budget user calls  forge.post  text="edited"`);
    expect((await call('runs', 'show', waits.out.split(/\s+/)[1] ?? '')).out).toContain(
      'budget         of the user for calls has passed its threshold; the call is expected to need 1',
    );
    const done = await call('approve', budget.gateId);
    expect([done.code, done.out]).toEqual([0, expect.stringContaining('Done.')]);
    expect(done.out).toContain('posted="edited" with="[redacted]"');
  });

  it('is explained stage by stage, for programs and for people', async () => {
    const [listed] = jsonLines((await call('runs', '--json')).out) as unknown as [{ runs: [{ runId: string }] }];
    const ofRun = jsonLines((await call('explain', listed.runs[0].runId, '--json')).out)[0] as {
      calls: { invocationId: string }[];
    };
    const { invocationId = '' } = ofRun.calls[0] ?? {};
    const explained = jsonLines((await call('explain', invocationId, '--json')).out)[0] as unknown as {
      calls: { stages: Record<string, unknown>[]; gates: Gate[]; attempts: number; end: string }[];
    };
    expect(explained.calls).toMatchObject(ofRun.calls);
    const [story] = explained.calls;
    const [secrets, approval, budget] = story?.gates ?? [];
    const { authorityDigest } = secrets ?? {};
    const by = expect.objectContaining({ kind: 'user' });
    const judged = (inputDigest: string | undefined) => [
      { stage: 'authoriser', said: 'allow', by: 'grants', inputDigest },
      { stage: 'authoriser', said: 'approval', by: 'descriptor', codes: ['permission_ask'], inputDigest },
      { stage: 'authoriser', said: 'approval', by: 'profile', codes: ['effects_ask'], inputDigest },
    ];
    const asked = (gate: Gate | undefined, inputDigest: string | undefined, ...codes: string[]) => {
      const { gateKind: stage, gateId } = gate ?? {};
      return { stage, said: 'asked', by, gateId, codes, inputDigest, authorityDigest };
    };
    const [first, second] = [secrets?.inputDigest, approval?.inputDigest];
    const stages = story?.stages.map(({ at: _at, ...stage }) => stage);
    expect(stages).toEqual([
      ...judged(first),
      asked(secrets, first, 'credential_missing'),
      { stage: 'credentials', said: 'authenticate', gateId: secrets?.gateId, by },
      ...judged(first),
      asked(approval, first, 'effects_ask', 'permission_ask'),
      {
        stage: 'approval',
        said: 'edit',
        gateId: approval?.gateId,
        by,
        inputDigest: second,
        changes: [{ path: '/text', op: 'replace', before: '"hello"', after: '"edited"' }],
      },
      ...judged(second),
      asked(budget, second, 'budget_paused'),
      { stage: 'budget', said: 'approve', gateId: budget?.gateId, by },
      ...judged(second),
      { stage: 'credentials', said: 'lent', count: 1 },
      { stage: 'dispatch', said: 'process', attempt: 1 },
      { stage: 'reservation', said: 'held', attempt: 1, amounts: expect.objectContaining({ calls: 1 }) },
      { stage: 'intent', said: 'announced', attempt: 1, inputDigest: second, authorityDigest, gateId: budget?.gateId },
      { stage: 'boundary', said: 'blocked', codes: ['output', 'output_redacted'] },
      {
        stage: 'result',
        said: 'completed',
        attempt: 1,
        effect: 'happened',
        outputDigest: expect.stringMatching(/^sha256:/),
      },
      { stage: 'reservation', said: 'reconciled', attempt: 1, amounts: expect.objectContaining({ calls: 1 }) },
    ]);
    expect(story).toMatchObject({
      attempts: 1,
      end: 'succeeded',
      gates: [
        { gateKind: 'credentials', status: 'consumed', credentials: ['forge.token'] },
        { status: 'consumed', answer: { decision: 'edit', reason: 'shorter', replacedInput: { text: 'hello' } } },
        { gateKind: 'budget', status: 'consumed', block: { reason: 'paused', axis: 'user', dimension: 'calls' } },
      ],
    });
    const shown = (await call('explain', invocationId, '--full')).out;
    const short = (digest = '') => digest.slice(7, 19);
    const lines = [
      `credentials  asked  by user`,
      `(credential_missing)  gate ${secrets?.gateId}  input ${short(first)}  authority ${short(authorityDigest)}`,
      `approval     edit  by user`,
      `gate ${approval?.gateId}  input ${short(second)}`,
      '-            replace /text: "hello" -> "edited"',
      'budget       approve  by user',
      'credentials  lent  secrets 1',
      'dispatch     process  attempt 1',
      `intent       announced  attempt 1  gate ${budget?.gateId}  input ${short(second)}  authority ${short(authorityDigest)}`,
      'boundary     blocked  (output, output_redacted)',
      'result       completed  attempt 1  effect happened  output ',
    ];
    const places = lines.map((line) => shown.indexOf(line, shown.indexOf('Calls')));
    expect(places).toEqual(places.toSorted((left, right) => left - right));
    expect(places.every((place) => place > 0)).toBe(true);
    expect((await call('explain', invocationId)).out).not.toContain('announced  attempt');
  });

  it('is declined for good by whoever says that there will be no secret', async () => {
    expect((await world.call(['secrets', 'remove', 'forge.token', ...CONFIG])).code).toBe(0);
    expect((await call(...RUN)).code).toBe(3);
    const declined = await call('deny', (await openGate()).gateId, '--json');
    expect(declined.code).toBe(0);
    expect(jsonLines(declined.out)[0]).toMatchObject({
      kind: 'gate',
      status: 'denied',
      answer: { decision: 'decline' },
    });
    expect(jsonLines(declined.out).at(-1)).toMatchObject({ kind: 'run', status: 'completed', reply: 'You declined.' });
  });

  it('leaves a trace in its budget, which is listed where it is configured', async () => {
    const listed = await call('budgets', ...CONFIG, '--json');
    const account = {
      axis: 'user',
      id: expect.any(String),
      period: { kind: 'day', timeZone: 'UTC' },
      limit: { calls: 100 },
      used: expect.objectContaining({ calls: 1 }),
      held: expect.objectContaining({ calls: 0 }),
      endsAt: expect.any(String),
    };
    expect([listed.code, jsonLines(listed.out)]).toEqual([0, [{ v: 1, kind: 'budgets', accounts: [account] }]]);
    expect((await call('budgets', ...CONFIG)).out).toMatch(
      /^user +\S+ {2}day \(UTC\) {2}calls: 1 used, 0 held, of 100; until /,
    );
    expect((await call('budgets')).out).toContain('limits nothing');
    expect((await call('processes')).out).toContain('There are none.');
    expect(findLeaks(said, [token])).toEqual([]);
  });
});
