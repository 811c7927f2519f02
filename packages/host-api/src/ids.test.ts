import { describe, expect, test } from 'vitest';
import { HostApiError } from './errors.ts';
import {
  parseAgentId,
  parseCapabilityId,
  parseCorrelationId,
  parseDigest,
  parseEventId,
  parseExtensionId,
  parseGateId,
  parseGrantId,
  parseIdempotencyKey,
  parseInvocationId,
  parseMissionId,
  parseProcessId,
  parseProjectId,
  parseRunId,
  parseSecretHandle,
  parseSystemServiceId,
  parseTenantId,
  parseThreadId,
  parseTurnId,
  parseUserId,
} from './ids.ts';
import { createSentinel, findLeaks } from './testkit/index.ts';

const long = (bytes: number) => 'é'.repeat(bytes / 2);

const table = [
  {
    of: 'a scope id',
    parse: parseTenantId,
    good: ['acme', 'a', 'Acme Corp', '日本語', 'a.b', '...', long(256), 'alice@example.com', '\u2028'],
    bad: ['', '.', '..', 'a/b', 'a\\b', 'a\u0000', 'a\n', 'a\u007f', 'a\u0085', 'a\u009f', long(258), 'x'.repeat(257)],
  },
  {
    of: 'a name id',
    parse: parseExtensionId,
    good: ['notes', '0', 'a-b_c', 'a.b.c', 'x'.repeat(128)],
    bad: ['', 'Notes', '-a', '_a', '.a', 'a.', 'a..b', 'a.-b', 'a b', 'é', 'a/b', 'notes\n', 'x'.repeat(129)],
  },
  {
    of: 'a capability id',
    parse: parseCapabilityId,
    good: ['notes.write', 'a.b.c', `${'x'.repeat(64)}.${'y'.repeat(63)}`],
    bad: ['notes', 'notes.', '.write', 'notes..write', 'Notes.write', `${'x'.repeat(64)}.${'y'.repeat(64)}`],
  },
  {
    of: 'a UUID',
    parse: parseRunId,
    good: ['00000000-0000-4000-8000-000000000000', '01890a5d-ac96-774b-bcce-b302099a8057'],
    bad: [
      '',
      '00000000-0000-4000-8000-00000000000',
      '00000000-0000-4000-8000-00000000000A',
      '00000000-0000-0000-0000-000000000000',
    ],
  },
  {
    of: 'an idempotency key',
    parse: parseIdempotencyKey,
    good: ['k', 'order/17', long(256)],
    bad: ['', 'a\tb', long(258)],
  },
  {
    of: 'a digest',
    parse: parseDigest,
    good: [`sha256:${'0a'.repeat(32)}`],
    bad: [
      '',
      '0a'.repeat(32),
      `sha256:${'0A'.repeat(32)}`,
      `sha256:${'0a'.repeat(31)}`,
      `sha256:${'0a'.repeat(32)}\n`,
      `sha512:${'0a'.repeat(32)}`,
    ],
  },
];

describe.each(table)('$of', ({ parse, good, bad }) => {
  test.each(good)('is taken as it is: %j', (text) => {
    expect(parse(text)).toBe(text);
  });
  test.each([...bad, 'a\ud800', '\udc00a', undefined, null, 7, {}, ['acme']])('is refused: %j', (value) => {
    expect(() => parse(value)).toThrow(expect.objectContaining({ code: 'host-api/invalid_id' }));
  });
  test('is never shown when it is refused', () => {
    const sentinel = createSentinel('id');
    expect(
      findLeaks(
        refusalOf(() => parse(`${sentinel}/\u0000`)),
        [sentinel],
      ),
    ).toEqual([]);
  });
});

test.each([
  ['scope ids', [parseUserId, parseAgentId, parseProjectId, parseMissionId, parseThreadId, parseTenantId], 0],
  ['name ids', [parseSecretHandle, parseSystemServiceId, parseExtensionId], 1],
  [
    'UUIDs',
    [
      parseTurnId,
      parseInvocationId,
      parseCorrelationId,
      parseGateId,
      parseGrantId,
      parseProcessId,
      parseEventId,
      parseRunId,
    ],
    3,
  ],
] as const)('All %s keep to one rule', (_family, parsers, at) => {
  const { good = [], bad = [] } = table[at] ?? {};
  for (const parse of parsers) {
    for (const text of good) expect(parse(text)).toBe(text);
    for (const text of bad) expect(() => parse(text)).toThrow(expect.objectContaining({ code: 'host-api/invalid_id' }));
  }
});

test('A refusal names the field and the rule', () => {
  const refusal = refusalOf(() => parseTenantId('a/b'));
  expect(HostApiError.is(refusal) && refusal.detail).toEqual({
    field: 'tenantId',
    rule: 'must not contain "/" or "\\"',
  });
});

function refusalOf(act: () => unknown): unknown {
  try {
    act();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was refused');
}
