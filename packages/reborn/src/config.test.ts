import { RETENTION_RULES_MAX } from '@reborn/events';
import { createSentinel, findLeaks } from '@reborn/host-api/testkit';
import { describe, expect, test } from 'vitest';
import { parseConfig } from './config.ts';
import { SYSTEM_TEXT_BYTES_MAX } from './limits.ts';

const secret = createSentinel('config');
const keep = { family: 'runtime', keepMs: 'forever' };
const HOUR = 60 * 60 * 1000;
const endpoint = { kind: 'endpoint', url: 'https://models.example/v1', model: 'm' };

describe('A configuration', () => {
  test('of nothing is one', () => {
    expect(parseConfig('{}')).toEqual({ version: 1, profile: 'local', storage: { kind: 'sqlite' } });
  });

  test('may say everything', () => {
    const all = {
      version: 1,
      profile: 'production',
      storage: { kind: 'sqlite', file: 'a.db' },
      model: { ...endpoint, apiKeyEnv: 'MODEL_KEY' },
      workspace: './notes',
      system: 'Be brief.\nPlease.',
      leaseMs: 500,
      gateTtlMs: 86_400_000,
    };
    expect(parseConfig(JSON.stringify(all))).toEqual(all);
    const recording = { model: { kind: 'recording', file: 'r.json' }, storage: { kind: 'memory' } };
    expect(parseConfig(JSON.stringify(recording))).toMatchObject(recording);
  });

  test.each([
    { storage: { kind: 'postgres', urlEnv: 'DATABASE_URL' } },
    { storage: { kind: 'postgres', urlEnv: 'A' } },
    { storage: { kind: 'sqlite' } },
    { retention: [] },
    {
      retention: [
        { ...keep, kinds: ['*', 'run_*', 'model_started'] },
        { family: 'turn', keepMs: HOUR },
      ],
    },
    { retention: [keep, { family: 'audit', kinds: ['retention_*', 'approval_resolved'], keepMs: HOUR }] },
    { retention: Array.from({ length: RETENTION_RULES_MAX }, () => keep) },
  ])('of storage and retention is taken as it stands: %#', (value) => {
    expect(parseConfig(JSON.stringify(value))).toMatchObject(value);
  });

  test.each<[string, unknown]>([
    ['configuration', { [secret]: 1 }],
    ['configuration', { apiKey: secret }],
    ['configuration', []],
    ['configuration', secret],
    ['configuration.version', { version: 2 }],
    ['configuration.profile', { profile: secret }],
    ['configuration.storage', { storage: { kind: 'sqlite', password: secret } }],
    ['configuration.storage.kind', { storage: { kind: secret } }],
    ['configuration.storage.file', { storage: { kind: 'sqlite', file: `${secret}\u0007` } }],
    ['configuration.storage.urlEnv', { storage: { kind: 'postgres' } }],
    ['configuration.storage.urlEnv', { storage: { kind: 'postgres', urlEnv: '' } }],
    ['configuration.storage.urlEnv', { storage: { kind: 'postgres', urlEnv: 'database_url' } }],
    ['configuration.storage.urlEnv', { storage: { kind: 'postgres', urlEnv: `postgresql://ada:${secret}@db/x` } }],
    ['configuration.storage.urlEnv', { storage: { kind: 'postgres', urlEnv: 'A'.repeat(129) } }],
    ['configuration.storage', { storage: { kind: 'postgres', urlEnv: 'DATABASE_URL', url: secret } }],
    ['configuration.storage', { storage: { kind: 'sqlite', urlEnv: 'DATABASE_URL' } }],
    ['configuration.storage', { storage: { kind: 'memory', file: secret } }],
    ['configuration.retention', { retention: { family: 'runtime', keepMs: 'forever' } }],
    ['configuration.retention', { retention: Array.from({ length: RETENTION_RULES_MAX + 1 }, () => keep) }],
    ['configuration.retention.0', { retention: [{ ...keep, [secret]: 1 }] }],
    ['configuration.retention.0.family', { retention: [{ ...keep, family: secret }] }],
    ['configuration.retention.1.family', { retention: [keep, { keepMs: 'forever' }] }],
    ['configuration.retention.0.keepMs', { retention: [{ family: 'runtime' }] }],
    ['configuration.retention.0.keepMs', { retention: [{ ...keep, keepMs: '30d' }] }],
    ['configuration.retention.0.keepMs', { retention: [{ ...keep, keepMs: -1 }] }],
    ['configuration.retention.0.keepMs', { retention: [{ ...keep, keepMs: HOUR - 1 }] }],
    ['configuration.retention.0.keepMs', { retention: [{ ...keep, keepMs: HOUR + 0.5 }] }],
    ['configuration.retention.0.kinds', { retention: [{ ...keep, kinds: [] }] }],
    ['configuration.retention.0.kinds', { retention: [{ ...keep, kinds: 'run_*' }] }],
    ['configuration.retention.0.kinds.0', { retention: [{ ...keep, kinds: [''] }] }],
    ['configuration.retention.0.kinds', { retention: [{ ...keep, kinds: ['run_submitted', secret] }] }],
    ['configuration.retention.0.kinds', { retention: [{ ...keep, kinds: ['runs_*'] }] }],
    ['configuration.retention.0.kinds', { retention: [{ ...keep, family: 'audit', kinds: ['run_submitted'] }] }],
    ['configuration.model', { model: { ...endpoint, apiKey: secret } }],
    ['configuration.model.apiKeyEnv', { model: { ...endpoint, apiKeyEnv: secret } }],
    ['configuration.model.url', { model: { ...endpoint, url: `https://user:${secret}@models.example` } }],
    ['configuration.model.url', { model: { ...endpoint, url: `https://models.example/v1?key=${secret}` } }],
    ['configuration.model.url', { model: { ...endpoint, url: `https://models.example/v1#${secret}` } }],
    ['configuration.model.url', { model: { ...endpoint, url: `file:///${secret}` } }],
    ['configuration.model.model', { model: { ...endpoint, model: '' } }],
    ['configuration.workspace', { workspace: `${secret}\n` }],
    ['configuration.system', { system: secret.padEnd(SYSTEM_TEXT_BYTES_MAX + 1, 'x') }],
    ['configuration.leaseMs', { leaseMs: 499 }],
    ['configuration.leaseMs', { leaseMs: 900_001 }],
    ['configuration.leaseMs', { leaseMs: '500' }],
    ['configuration.gateTtlMs', { gateTtlMs: 999 }],
    ['configuration.gateTtlMs', { gateTtlMs: 86_400_001 }],
    ['configuration.gateTtlMs', { gateTtlMs: 1_000.5 }],
  ])('that is wrong in %s is refused, and nothing of it is repeated: %#', (field, value) => {
    const fault = refusal(JSON.stringify(value));
    expect(fault).toMatchObject({ code: 'reborn/invalid_configuration', detail: { field } });
    expect(findLeaks(fault, [secret])).toEqual([]);
  });

  test.each([
    ['{'],
    [`{"a": ${secret}}`],
    [''],
    ['{"__proto__": {"profile": "production"}}'],
    [`"${'x'.repeat(65_536)}"`],
  ])('that is no JSON of its size is refused: %#', (text) => {
    const fault = refusal(text);
    expect(fault).toMatchObject({ code: 'reborn/invalid_configuration', detail: { field: 'configuration' } });
    expect(findLeaks(fault, [secret])).toEqual([]);
  });
});

function refusal(text: string): unknown {
  try {
    return parseConfig(text);
  } catch (error) {
    return error;
  }
}
