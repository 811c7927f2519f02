import { HostApiError, type JsonValue } from '@reborn/host-api';
import { createSentinel, findLeaks } from '@reborn/host-api/testkit';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { COMMAND_PART_BYTES_MAX, COMMAND_PARTS_MAX, EXTENSION_CAPABILITIES_MAX } from '../limits.ts';
import { parseCapabilityManifest } from './capability-manifest.ts';

const secret = createSentinel('capability');
const least = {
  id: 'words.count',
  description: 'Counts words.',
  inputSchema: { type: 'object' },
  prompt: 'count.md',
  effects: ['execute_code'],
  permission: 'ask',
  deadlineMs: 1_000,
  outputBytesMax: 1_024,
  run: { lane: 'process', command: ['node', 'count.mjs'] },
};
const all = {
  ...least,
  inputSchema: 'schema/input.json',
  outputSchema: { type: 'integer' },
  effects: ['execute_code', 'network', 'use_secret'],
  credentials: [{ handle: 'words_key', required: false }],
  targets: [{ scheme: 'https', host: 'words.example', port: 8443 }],
  estimate: { usd: '0.01', wallClockMs: 500 },
  run: { lane: 'process', command: ['bin/count', '--fast'] },
};
const boxed = { ...least, run: { lane: 'process', command: ['bin/count'], sandbox: 'required' } };

describe('The capabilities of a manifest', () => {
  test.each([[[least]], [[all]], [[boxed]], [[least, { ...all, id: 'words.list' }]]])(
    'are read as they stand, and read back what they write: %#',
    (part) => {
      const parsed = parseCapabilityManifest(part);
      expect(parsed).toEqual(part);
      expect(parseCapabilityManifest(JSON.parse(JSON.stringify(parsed)))).toEqual(parsed);
    },
  );

  test('name files from the top of the package, with a leading ./ or without', () => {
    const dotted = { ...least, inputSchema: './in.json', prompt: './count.md' };
    expect(parseCapabilityManifest([dotted])).toEqual([{ ...least, inputSchema: 'in.json' }]);
  });

  test.each<[string, JsonValue]>([
    ['capabilities', null],
    ['capabilities', { [secret]: least }],
    ['capabilities', []],
    [
      'capabilities',
      Array.from({ length: EXTENSION_CAPABILITIES_MAX + 1 }, (_, at) => ({ ...least, id: `words.c${at}` })),
    ],
    ['capabilities', [least, { ...all, id: least.id }]],
    ['capabilities.0', [{ ...least, [secret]: 1 }]],
    ['capabilities.0', [{ ...least, provider: 'builtin' }]],
    ['capabilities.0', [{ ...least, trust: 'system' }]],
    ['capabilities.0.id', [{ ...least, id: secret }]],
    ['capabilities.1.description', [least, { ...all, description: secret.padEnd(1_025, 'x') }]],
    ['capabilities.0.inputSchema', [{ ...least, inputSchema: `../${secret}` }]],
    ['capabilities.0.inputSchema', [{ ...least, inputSchema: true }]],
    ['capabilities.0.outputSchema', [{ ...least, outputSchema: '/etc/passwd' }]],
    ['capabilities.0.prompt', [{ ...least, prompt: null }]],
    ['capabilities.0.prompt', [{ ...least, prompt: `/${secret}` }]],
    ['capabilities.0.effects', [{ ...least, effects: [] }]],
    ['capabilities.0.effects', [{ ...least, effects: ['read_filesystem'] }]],
    ['capabilities.0.effects', [{ ...least, effects: ['execute_code', 'execute_code'] }]],
    ['capabilities.0.effects.1', [{ ...least, effects: ['execute_code', secret] }]],
    ['capabilities.0.permission', [{ ...least, permission: 'always' }]],
    ['capabilities.0.deadlineMs', [{ ...least, deadlineMs: 600_001 }]],
    ['capabilities.0.outputBytesMax', [{ ...least, outputBytesMax: 0 }]],
    ['capabilities.0.credentials.0.handle', [{ ...all, credentials: [{ handle: '../key' }] }]],
    ['capabilities.0.targets.0.host', [{ ...all, targets: [{ host: `https://${secret}` }] }]],
    ['capabilities.0.estimate.usd', [{ ...all, estimate: { usd: -1 } }]],
    ['capabilities.0.run', [{ ...least, run: { ...least.run, env: { KEY: secret } } }]],
    ['capabilities.0.run.lane', [{ ...least, run: { ...least.run, lane: 'in_process' } }]],
    ['capabilities.0.run.lane', [{ ...least, run: { ...least.run, lane: 'first_party' } }]],
    ['capabilities.0.run.sandbox', [{ ...least, run: { ...least.run, sandbox: 'none' } }]],
    ['capabilities.0.run.sandbox', [{ ...boxed, effects: ['execute_code', 'network'] }]],
    ['capabilities.0.run.command.0', [{ ...least, run: { lane: 'process', command: [] } }]],
    ['capabilities.0.run.command.0', [{ ...least, run: { lane: 'process', command: ['/bin/sh', '-c', secret] } }]],
    ['capabilities.0.run.command.0', [{ ...least, run: { lane: 'process', command: ['../count'] } }]],
    ['capabilities.0.run.command.1', [{ ...least, run: { lane: 'process', command: ['node'] } }]],
    ['capabilities.0.run.command.1', [{ ...least, run: { lane: 'process', command: ['node', '-e', secret] } }]],
    ['capabilities.0.run.command.1', [{ ...least, run: { lane: 'process', command: ['node', '../count.mjs'] } }]],
    ['capabilities.0.run.command.1', [{ ...least, run: { lane: 'process', command: ['node', `/${secret}.mjs`] } }]],
    ['capabilities.0.run.command.1', [{ ...least, run: { lane: 'process', command: ['bin/count', `${secret}\0`] } }]],
    [
      'capabilities.0.run.command.2',
      [{ ...least, run: { lane: 'process', command: ['node', 'a.mjs', 'x'.repeat(COMMAND_PART_BYTES_MAX + 1)] } }],
    ],
    [
      'capabilities.0.run.command',
      [
        {
          ...least,
          run: { lane: 'process', command: ['bin/count', ...Array.from({ length: COMMAND_PARTS_MAX }, () => 'x')] },
        },
      ],
    ],
  ])('that are wrong in %s are refused, and nothing of them is repeated: %#', (field, part) => {
    const fault = refusalOf(part);
    expect(fault).toMatchObject({ code: 'host-api/invalid_value', detail: { field } });
    expect(findLeaks(fault, [secret])).toEqual([]);
  });

  test('of any form never lead to anything but capabilities or the one fault', () => {
    const either = <T extends object>(good: T): fc.Arbitrary<JsonValue> =>
      fc.record(
        Object.fromEntries(
          Object.entries(good).map(([name, value]) => [
            name,
            fc.oneof({ weight: 9, arbitrary: fc.constant(value) }, fc.jsonValue()),
          ]),
        ),
        { noNullPrototype: true },
      ) as fc.Arbitrary<JsonValue>;
    const part = fc.oneof(fc.jsonValue(), fc.array(fc.oneof(either(least), either(all))));
    fc.assert(
      fc.property(part, (any) => {
        try {
          expect(parseCapabilityManifest(any as JsonValue).length).toBeGreaterThan(0);
        } catch (error) {
          if (!HostApiError.is(error)) throw error;
        }
      }),
    );
  });
});

function refusalOf(part: JsonValue): HostApiError {
  try {
    parseCapabilityManifest(part);
  } catch (error) {
    if (HostApiError.is(error)) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}
