import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { call, converse, DIGEST, send, startModelServer, type Answer, type ModelServer } from './model-server.ts';
import { jsonLines, makeWorld, type Said, type World } from './world.ts';

const KEY = 'sk-sentinel-qzx-1177';
const KEY_VARIABLE = 'REBORN_TEST_MODEL_KEY';

let world: World;
beforeEach(async () => void (world = await makeWorld('reborn-live-', { [KEY_VARIABLE]: KEY })));
afterEach(() => world.remove());

interface ShownRun {
  readonly runId: string;
  readonly status: string;
  readonly failure?: { readonly kind: string; readonly explanation: string };
  readonly reply?: string;
  readonly sittings: number;
  readonly gates: readonly { readonly gateId: string; readonly input: unknown }[];
}

function lastRun({ out }: Said): ShownRun {
  return jsonLines(out).at(-1) as unknown as ShownRun;
}

function runWords({ endpoint }: ModelServer): string[] {
  return ['run', 'Make a digest.', '--dir', 'notes', '--model', endpoint, '--model-name', 'fake', '--json'];
}

const WITH_KEY = ['--api-key-env', KEY_VARIABLE];
const digest = (): Promise<string> => readFile(join(world.folder, 'notes', DIGEST.path), 'utf8');

/** Every file below the folder, the database and what stands beside it included, that holds the text. */
async function filesHolding(text: string): Promise<readonly string[]> {
  const entries = await readdir(world.folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const found = await Promise.all(files.map(async (file) => (await readFile(file)).includes(text)));
  return files.filter((_, at) => found[at]);
}

describe('a live model, over processes of their own', () => {
  it('parks, is approved elsewhere with the same model, finishes, and the key is kept nowhere', async () => {
    await using server = await startModelServer();
    const said: Said[] = [];
    const spawn = async (...args: string[]): Promise<Said> => {
      const one = await world.spawn(...args);
      said.push(one);
      return one;
    };
    const parked = await spawn(...runWords(server), ...WITH_KEY);
    expect(parked).toMatchObject({ code: 3, err: '' });
    expect(jsonLines(parked.out)[0]).toMatchObject({ kind: 'accepted', recorded: false });
    const { runId, status, gates } = lastRun(parked);
    expect({ status, input: gates[0]?.input }).toEqual({ status: 'parked', input: DIGEST });
    await expect(digest()).rejects.toThrow();
    expect(server.requests).toHaveLength(2);

    // Nothing is named but the gate: endpoint, model and the name of the variable come from the thread's note.
    const approved = await spawn('approve', gates[0]?.gateId ?? '', '--json');
    expect(approved).toMatchObject({ code: 0, err: '' });
    expect(lastRun(approved)).toMatchObject({ status: 'completed', reply: 'The digest is written.', sittings: 2 });
    expect(await digest()).toBe(DIGEST.content);
    expect(server.requests.map(({ spoken }) => spoken)).toEqual([0, 1, 2]);
    expect(server.requests.every((request) => request.authorization === `Bearer ${KEY}`)).toBe(true);
    expect(server.requests.every((request) => request.model === 'fake')).toBe(true);

    const story = await spawn('explain', runId, '--json');
    const { story: happenings } = jsonLines(story.out)[0] as {
      story: { event?: string; facts?: { effect?: string } }[];
    };
    const happened = happenings.filter(
      ({ event, facts }) => event === 'effect_settled' && facts?.effect === 'happened',
    );
    expect(happened, 'the file is written once').toHaveLength(1);
    for (const family of ['runtime', 'journal', 'audit']) await spawn('events', 'tail', '--family', family, '--json');
    await spawn('runs', 'show', runId);

    expect(await filesHolding('digests/live.md'), 'the search finds what is there').not.toEqual([]);
    expect(await filesHolding(KEY)).toEqual([]);
    expect(JSON.stringify(said)).not.toContain(KEY);
    expect(server.requests.some(({ text }) => text.includes(KEY))).toBe(false);
  });

  it('whoever answers without the key is told which variable is missing, and the gate stays open', async () => {
    await using server = await startModelServer();
    const { gates, runId } = lastRun(await world.spawn(...runWords(server), ...WITH_KEY));
    const refused = await world.spawnWith({ [KEY_VARIABLE]: undefined }, 'approve', gates[0]?.gateId ?? '', '--json');
    expect(refused).toMatchObject({ code: 2, out: '' });
    expect(jsonLines(refused.err)[0]).toMatchObject({
      code: 'cli/no_key',
      message: expect.stringContaining(KEY_VARIABLE),
    });
    const shown = await world.spawn('runs', 'show', runId, '--json');
    expect(lastRun(shown)).toMatchObject({ status: 'parked', gates: [{ gateId: gates[0]?.gateId }] });
  });
});

describe('an endpoint that fails', () => {
  /** In this process: nothing of it is about processes. */
  async function run(answer: Answer, ...more: string[]): Promise<{ said: Said; asked: number }> {
    await using server = await startModelServer(answer);
    return { said: await world.call([...runWords(server), ...more]), asked: server.requests.length };
  }

  it('does not accept the key: the run fails at once, with an explanation and without the words of the vendor', async () => {
    const answer: Answer = (response) => send(response, { error: { message: `no such key ${KEY}`, code: 'bad' } }, 401);
    const { said, asked } = await run(answer);
    expect({ code: said.code, asked }).toEqual({ code: 1, asked: 1 });
    expect(lastRun(said)).toMatchObject({
      status: 'failed',
      failure: { kind: 'model_unavailable', explanation: 'The model endpoint does not accept the API key.' },
    });
    expect(JSON.stringify(said)).not.toContain(KEY);
    expect(await filesHolding(KEY)).toEqual([]);
  });

  it('breaks down once: it is asked again, and the run goes on', async () => {
    const conversation = converse();
    const { said, asked } = await run((response, request, number) => {
      if (number === 1) send(response, { error: { message: 'vendor words' } }, 500);
      else conversation(response, request, number);
    });
    expect({ code: said.code, asked }).toEqual({ code: 3, asked: 3 });
    expect(said.out).toContain('model_failed');
    expect(said.out).not.toContain('vendor words');
  });

  it.each<[string, Answer]>([
    ['an input that is not JSON', (response) => call(response, 'builtin__write_file', '{"path": "digests/')],
    ['an input that is no object', (response) => call(response, 'builtin__write_file', '[1]')],
    ['a tool that was not offered', (response) => call(response, 'rm__rf', '{}')],
    ['no completion at all', (response) => send(response, { hello: 'vendor words' })],
  ])('answers with %s: the run fails politely, and nothing happened', async (_name, answer) => {
    const { said, asked } = await run(answer);
    expect(said).toMatchObject({ code: 1, err: '' });
    expect(lastRun(said)).toMatchObject({ status: 'failed', failure: { kind: 'model_invalid_output' } });
    expect(lastRun(said).failure?.explanation).toMatch(/^The model .*\.$/);
    expect(asked).toBe(3);
    expect(await readdir(join(world.folder, 'notes'))).toEqual(['a.md']);
  });

  it('gives a tool an input that it does not take: the model is told, and the run goes on', async () => {
    const conversation = converse();
    const { said } = await run((response, request, number) => {
      if (number === 1) call(response, 'builtin__list_dir', '{"path":7}');
      else conversation(response, request, number);
    });
    expect(said.code).toBe(3);
    expect(said.out).toContain('"failureKind":"invalid_input"');
  });

  it('hangs: an interrupt ends the command, and the run is gone on with later', async () => {
    const conversation = converse();
    await using server = await startModelServer((response, request, number) => {
      if (number > 1) conversation(response, request, number);
    });
    const asked = server.asked();
    const hanging = world.spawn(...runWords(server));
    await asked;
    hanging.child.kill('SIGINT');
    const stopped = await hanging;
    expect(stopped).toMatchObject({ code: 130, err: '' });
    const { runId, status } = lastRun(stopped);
    expect(status).toBe('queued');
    const resumed = await world.spawn('runs', 'resume', runId, '--json');
    expect(resumed.code).toBe(3);
    expect(lastRun(resumed)).toMatchObject({ status: 'parked', gates: [{ input: DIGEST }] });
  });

  it('is asked for one word by doctor, which says what it answers', async () => {
    await using server = await startModelServer((response, _, number) => {
      if (number === 1) call(response, 'x', '{}', 'ready');
      else send(response, {}, 401);
    });
    const words = ['doctor', '--dir', 'notes', '--model', server.endpoint, '--model-check'];
    const odd = await world.call(words);
    expect(odd).toMatchObject({ code: 5 });
    const refused = await world.call(words);
    expect(refused).toMatchObject({ code: 5 });
    expect(refused.out).toContain('unauthorized: The model endpoint does not accept the API key.');
  });
});
