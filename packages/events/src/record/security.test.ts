import { createSentinel, findLeaks } from '@reborn/host-api/testkit';
import { describe, expect, test } from 'vitest';
import { buildLogRecord } from '../testkit/builder.ts';
import { toAppends } from './log-record.ts';
import { SECURITY_BOUNDARIES, SECURITY_CODES, SECURITY_DECISIONS, securityAuditRecordSchema } from './security.ts';

describe('A record of a security boundary', () => {
  test('speaks in words that are pinned: they stand in logs for years', () => {
    expect(SECURITY_BOUNDARIES).toEqual([
      'hook_deny',
      'authority',
      'gate_answer',
      'run_ownership',
      'mount',
      'egress',
      'output',
    ]);
    expect(SECURITY_DECISIONS).toEqual(['blocked', 'allowed', 'scope_mismatch', 'replay_rejected']);
    expect(SECURITY_CODES).toEqual([
      'hook_refused',
      'hook_failed',
      'hook_poisoned',
      'missing_grant',
      'permission_denied',
      'policy_denied',
      'network_denied',
      'answer_accepted',
      'answer_of_requester',
      'author_not_permitted',
      'tenant_foreign',
      'gate_closed',
      'gate_expired',
      'run_foreign',
      'path_denied',
      'target_denied',
      'address_private',
      'request_refused',
      'request_leak',
      'response_leak',
      'secret_not_granted',
      'secret_missing',
      'output_redacted',
      'output_leak',
    ]);
  });

  test('is stored as it is pinned here', () => {
    const [append] = toAppends([buildLogRecord('boundary_decided', 1)]);
    expect([append?.stream, JSON.stringify(append?.records[0]?.body)]).toEqual([
      { family: 'security', tenantId: 'acme' },
      '{"v":1,"kind":"boundary_decided","eventId":"00000000-0000-4000-8000-000000000001","atMs":1767225600000,' +
        '"scope":{"tenantId":"acme","userId":"alice","agentId":"agent","threadId":"thread-1"},' +
        '"capabilityId":"notes.write","provider":"notes","boundary":"hook_deny","decision":"blocked","code":"hook_refused"}',
    ]);
  });

  test('takes no text in any field, and no field that it does not have', () => {
    const text = createSentinel('Bearer abc, /etc/passwd');
    const good = buildLogRecord('boundary_decided', 1);
    const own = Object.keys(good);
    for (const field of [...own, 'message', 'reason', 'detail', 'input', 'path']) {
      const parsed = securityAuditRecordSchema.safeParse({ ...good, [field]: text });
      expect([field, parsed.success]).toEqual([field, false]);
      expect(findLeaks(parsed.error, [text])).toEqual([]);
    }
  });
});
