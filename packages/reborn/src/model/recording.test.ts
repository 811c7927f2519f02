import { HostApiError, type JsonObject, type JsonValue } from '@reborn/host-api';
import { describe, expect, it } from 'vitest';
import { parseRecording } from './recording.ts';

const reply = { id: 'end', say: 'Done.' };
const call = { id: 'look', tool: 'builtin.list_dir', input: {} };

describe('a recording', () => {
  it('is read with its defaults: calls are expected to succeed', () => {
    const recording = parseRecording(written({ id: 'a', calls: [call] }, reply));
    expect(recording.steps.map((step) => step.calls.map(({ expect }) => expect))).toEqual([['completed'], []]);
  });

  it.each<[string, JsonObject[], string, string, string]>([
    ['an unknown key', [{ id: 'a', say: 'x', goto: 'b' }], 'a', 'steps.0', 'has a key that is not known'],
    ['a missing id', [{ say: 'x' }], '0', 'steps.0.id', 'must be of type string'],
    [
      'two steps of one name',
      [
        { id: 'a', calls: [call] },
        { id: 'a', say: '' },
      ],
      'a',
      'steps.1.id',
      'by two steps',
    ],
    [
      'two calls of one name',
      [{ id: 'a', calls: [call] }, { id: 'b', calls: [call] }, reply],
      'b',
      'steps.1.calls.0.id',
      'by two calls',
    ],
    ['an end that calls', [{ id: 'a', calls: [call] }], 'a', 'steps.0.calls', 'the last step is the reply'],
    ['a reply without text', [{ id: 'a' }], 'a', 'steps.0.say', 'a step without calls is a reply'],
    [
      'a branch backwards',
      [{ id: 'a', calls: [call], next: [{ when: { empty: [] }, goto: 'a' }] }, reply],
      'a',
      'steps.0.next.0.goto',
      'must name a later step',
    ],
    [
      'a branch on the call of another step',
      [{ id: 'a', calls: [call], next: [{ when: { call: 'other', outcome: 'failed' }, goto: 'end' }] }, reply],
      'a',
      'steps.0.next.0.when.call',
      'must name a call of this step',
    ],
    [
      'a reference forwards',
      [{ id: 'a', say: { $text: [{ $from: 'look' }] }, calls: [call] }, reply],
      'a',
      'steps.0.say',
      'must refer to calls of earlier steps only',
    ],
    [
      'a single reference to many results',
      [
        { id: 'a', calls: [{ ...call, each: [1, 2] }] },
        { id: 'b', say: { $text: [{ $from: 'look' }] } },
      ],
      'b',
      'steps.1.say',
      'must use "fromCalls"',
    ],
    ['a step that nothing leads to', [reply, { id: 'lost', say: '' }], 'lost', 'steps.1.id', 'must be the goto'],
    [
      'a bad expression',
      [{ id: 'a', calls: [{ ...call, input: { path: { $nothing: 1 } } }] }, reply],
      'a',
      'steps.0.calls.0.input.path',
      'must be one of',
    ],
  ])('is refused for %s, naming step and field', (_name, steps, step, field, rule) => {
    const fault = faultOf(written(...steps));
    expect(fault.code).toBe('host-api/invalid_value');
    expect(fault.detail).toMatchObject({ step, field, rule: expect.stringContaining(rule) });
    expect(fault.message).toContain(`step ${step}`);
  });

  it('is refused beyond 200 steps, 1 MiB, or the depth of JSON', () => {
    const many = Array.from({ length: 201 }, (_, at) => ({ id: `s${at}`, say: '' }));
    expect(faultOf(written(...many)).detail).toEqual({ field: 'recording.steps', rule: 'must be at most 200' });
    expect(faultOf(' '.repeat(1024 * 1024 + 1)).code).toBe('host-api/invalid_json');
    let deep: JsonValue = 1;
    for (let at = 0; at < 70; at += 1) deep = [deep];
    expect(faultOf(written({ id: 'a', calls: [{ ...call, input: deep }] }, reply)).code).toBe('host-api/invalid_json');
  });

  it('is refused in another version of the format', () => {
    expect(faultOf(JSON.stringify({ version: 2, title: 't', user: null, steps: [reply] })).detail['field']).toBe(
      'recording.version',
    );
  });
});

function written(...steps: JsonValue[]): string {
  return JSON.stringify({ version: 1, title: 't', user: null, steps });
}

function faultOf(text: string): HostApiError {
  try {
    parseRecording(text);
  } catch (error) {
    if (HostApiError.is(error)) return error;
    throw error;
  }
  throw new Error('expected a fault');
}
