/** Step 5: what mutators of the policy make of an input is what is judged, asked about, executed and told. */
import { digestOf, type JsonValue } from '@reborn/host-api';
import type { CallPolicy, HostRuntimeOptions, Mutation } from '@reborn/host-runtime';
import { recordingPolicy, scriptedHandler } from '@reborn/host-runtime/testkit';
import { describe, expect, test } from 'vitest';
import { asker, createWorld, done, gateOf, writer } from './support.ts';

/** A policy that judges nothing, and whose mutators make these inputs in turn. */
function mutating(
  mutate: CallPolicy['mutate'],
): HostRuntimeOptions['policy'] & { calls: readonly { input: JsonValue }[] } {
  const policy = recordingPolicy();
  return Object.assign(policy, { mutate }) as never;
}

function steps(...inputs: readonly JsonValue[]): Mutation {
  const made = inputs.map((input, at) => ({ by: `hook:m${at}`, input }));
  return { steps: made, verdicts: [], records: [], writes: [] };
}

/** Half of the questions that a policy may ask at all, and a few more. */
function asks(prefix: string): Mutation['verdicts'] {
  return Array.from({ length: 40 }, (_, at) => ({ kind: 'approval', by: 'hook:a', code: `${prefix}${at}` }));
}

describe('A mutation', () => {
  test('is what gates judge, what runs, and what the journal tells step by step', async () => {
    const world = createWorld();
    const handler = writer(done);
    const policy = mutating(async () => steps({ text: 'b', keep: 1 }, { text: 'c', keep: 1 }));
    const runtime = world.open([handler], { policy });
    expect((await runtime.invokeCapability(world.newCall({ text: 'a', keep: 1 }))).kind).toBe('completed');
    expect(policy.calls.map(({ input }) => input)).toEqual([{ text: 'c', keep: 1 }]);
    expect(handler.inputs).toEqual([{ text: 'c', keep: 1 }]);
    const changes = (await world.records('journal')).filter(({ kind }) => kind === 'input_changed');
    const [a, b, c] = ['a', 'b', 'c'].map((text) => digestOf({ text, keep: 1 }, world.platform.digest));
    const change = (before: string, after: string) => [
      { path: '/text', op: 'replace', before: JSON.stringify(before), after: JSON.stringify(after) },
    ];
    expect(changes).toMatchObject([
      { by: 'hook:m0', beforeDigest: a, afterDigest: b, changes: change('a', 'b') },
      { by: 'hook:m1', beforeDigest: b, afterDigest: c, changes: change('b', 'c') },
    ]);
  });

  test('is shown to whoever is asked, and is not made a second time when the call goes on', async () => {
    const world = createWorld();
    const handler = asker(done);
    let made = 0;
    const policy = mutating(async () => steps({ text: `mutated ${(made += 1)}` }));
    const runtime = world.open([handler], { policy });
    const request = world.newCall({ text: 'a' });
    const gateId = gateOf(await runtime.invokeCapability(request));
    const resolved = await world.approve(runtime, gateId);
    expect(resolved.kind === 'resolved' && resolved.gate.input).toEqual({ text: 'mutated 1' });
    expect((await runtime.invokeCapability(request)).kind).toBe('completed');
    expect([handler.inputs, made]).toEqual([[{ text: 'mutated 1' }], 1]);
  });

  test('that the capability does not take refuses the call, and says that it was the host who changed it', async () => {
    const world = createWorld();
    const handler = scriptedHandler({
      runs: [done],
      checkInput: (input) =>
        typeof input === 'object'
          ? { kind: 'valid', input }
          : { kind: 'invalid', field: 'input', rule: 'is no object' },
    });
    const runtime = world.open([handler], { policy: mutating(async () => steps('text')) });
    expect(await runtime.invokeCapability(world.newCall())).toMatchObject({
      failureKind: 'invalid_input',
      effect: 'none',
      message: expect.stringContaining('as the policy of this host changed it'),
    });
    expect(handler.inputs).toEqual([]);
  });

  test.each<[string, CallPolicy['mutate']]>([
    ['throws', () => Promise.reject(new Error('no'))],
    ['never answers', () => new Promise(() => undefined)],
    ['answers with rubbish', async () => ({ steps: 'none' }) as never],
    ['makes what is no JSON', async () => steps({ at: new Date(0) } as never)],
    ['makes a number that has no fingerprint', async () => steps({ at: 2 ** 60 })],
    ['asks more than a gate holds, with its gates', async () => ({ ...steps(), verdicts: asks('m') })],
    ['refuses', async () => ({ ...steps(), verdicts: [{ kind: 'deny', by: 'hook:m', code: 'hook_failed' }] })],
  ])('by a policy that %s changes nothing and refuses the call', async (_, mutate) => {
    const world = createWorld();
    const handler = writer(done);
    const policy = { ...recordingPolicy([], _.startsWith('asks') ? asks('j') : []), ...(mutate && { mutate }) };
    const runtime = world.open([handler], { policy });
    expect(await world.invoke(runtime, world.newCall())).toMatchObject({ failureKind: 'denied', effect: 'none' });
    expect(handler.inputs).toEqual([]);
  });

  test('tells of members by names that every object has', async () => {
    const world = createWorld();
    const runtime = world.open([writer(done)], {
      policy: mutating(async () => steps({ constructor: 1, toString: {} })),
    });
    await runtime.invokeCapability(world.newCall({ toString: {}, valueOf: 2 }));
    const [record] = (await world.records('journal')).filter(({ kind }) => kind === 'input_changed');
    expect(record?.['changes']).toEqual([
      { path: '/constructor', op: 'add', after: '1' },
      { path: '/valueOf', op: 'remove', before: '2' },
    ]);
  });

  test('tells of places and short values, and of nothing that looks like a secret', async () => {
    const world = createWorld();
    const token = `ghp_${'a1B2'.repeat(9)}`;
    const before = { keep: 1, 'a/b': [1, 2], gone: true, long: 'x'.repeat(2000), token: 'none' };
    const after = { keep: 1, 'a/b': [1, 3, 4], long: 'y'.repeat(2000), token };
    const runtime = world.open([writer(done)], { policy: mutating(async () => steps(after)) });
    await runtime.invokeCapability(world.newCall(before));
    const [record] = (await world.records('journal')).filter(({ kind }) => kind === 'input_changed');
    expect(record?.['changes']).toEqual([
      { path: '/a~1b/1', op: 'replace', before: '2', after: '3' },
      { path: '/a~1b/2', op: 'add', after: '4' },
      { path: '/gone', op: 'remove', before: 'true' },
      { path: '/long', op: 'replace' },
      { path: '/token', op: 'replace', before: '"none"' },
    ]);
  });
});
