import { RETENTION_RULES_MAX } from '@reborn/events';
import { createSentinel, findLeaks } from '@reborn/host-api/testkit';
import { describe, expect, test } from 'vitest';
import { parseConfig } from './config.ts';
import { EXTENSIONS_MAX, SYSTEM_TEXT_BYTES_MAX } from './limits.ts';

const secret = createSentinel('config');
const keep = { family: 'runtime', keepMs: 'forever' };
const HOUR = 60 * 60 * 1000;
const digest = `sha256:${'0a'.repeat(32)}`;
const extension = { path: './words' };
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
    { extensions: [] },
    { extensions: Array.from({ length: EXTENSIONS_MAX }, (_, at) => ({ path: `./e${at}`, allowedEffects: [] })) },
    { extensions: [{ path: '../words', trust: 'user_trusted', allowedEffects: ['execute_code'], digest }] },
    { $schema: '../docs/reference/config.schema.json' },
    { budgets: [] },
    {
      budgets: [
        { axis: 'user', id: 'ada', period: { kind: 'per_call' }, limit: { usd: '0.5' }, warnAt: 0.5, pauseAt: 1 },
      ],
    },
    { budgets: [{ axis: 'tenant', period: { kind: 'month', timeZone: 'Europe/Berlin' }, limit: { calls: 9 } }] },
    { network: true },
    { network: [{ host: '*.example.org' }, { scheme: 'http', host: 'localhost', port: 8080, private: true }] },
    { shell: true },
    { secrets: {} },
    { secrets: { keyEnv: 'REBORN_KEY' } },
    { secrets: { keyFile: '../keys/reborn', environment: { 'forge.token': 'FORGE_TOKEN' } } },
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
  ])('of storage, extensions and retention is taken as it stands: %#', (value) => {
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
    ['configuration.extensions', { extensions: extension }],
    ['configuration.extensions', { extensions: Array.from({ length: EXTENSIONS_MAX + 1 }, () => extension) }],
    ['configuration.extensions.0', { extensions: [{ ...extension, [secret]: 1 }] }],
    ['configuration.extensions.0.path', { extensions: [{ allowedEffects: [] }] }],
    ['configuration.extensions.0.path', { extensions: [{ ...extension, path: `${secret}\n` }] }],
    ['configuration.extensions.0.path', { extensions: [{ ...extension, path: '' }] }],
    ['configuration.extensions.0.trust', { extensions: [{ ...extension, trust: 'first_party' }] }],
    ['configuration.extensions.0.trust', { extensions: [{ ...extension, trust: 'system' }] }],
    ['configuration.extensions.0.trust', { extensions: [{ ...extension, trust: secret }] }],
    ['configuration.extensions.0.digest', { extensions: [{ ...extension, digest: secret }] }],
    ['configuration.extensions.0.digest', { extensions: [{ ...extension, digest: digest.toUpperCase() }] }],
    ['configuration.extensions.0.allowedEffects.0', { extensions: [{ ...extension, allowedEffects: [secret] }] }],
    ['configuration.extensions.0.allowedEffects', { extensions: [{ ...extension, allowedEffects: '*' }] }],
    ['configuration.budgets', { budgets: { axis: 'user' } }],
    ['configuration.budgets.0.axis', { budgets: [{ axis: secret, period: { kind: 'day' }, limit: {} }] }],
    ['configuration.budgets.0.limit', { budgets: [{ axis: 'user', period: { kind: 'day' }, limit: { [secret]: 1 } }] }],
    [
      'configuration.budgets.0.limit.usd',
      { budgets: [{ axis: 'user', period: { kind: 'day' }, limit: { usd: 0.5 } }] },
    ],
    [
      'configuration.budgets.0.warnAt',
      { budgets: [{ axis: 'user', period: { kind: 'day' }, limit: { calls: 1 }, warnAt: 0.9, pauseAt: 0.5 }] },
    ],
    ['configuration.network', { network: false }],
    ['configuration.network', { network: [] }],
    ['configuration.network.0.host', { network: [{ host: `https://${secret}.example` }] }],
    ['configuration.shell', { shell: secret }],
    ['configuration.secrets', { secrets: { key: secret } }],
    ['configuration.secrets.keyEnv', { secrets: { keyEnv: secret } }],
    ['configuration.secrets.keyFile', { secrets: { keyEnv: 'REBORN_KEY', keyFile: secret } }],
    ['configuration.secrets.keyFile', { secrets: { keyFile: `${secret}\n` } }],
    ['configuration.secrets.environment.a', { secrets: { environment: { a: secret } } }],
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
