import {
  createHostTrustPolicy,
  createInMemoryStore,
  leaseMachine,
  parseExtensionId,
  parseSecretHandle,
  type JsonObject,
} from '@reborn/host-api';
import {
  buildContext,
  buildGrant,
  buildScope,
  createFakeCipher,
  createFakePlatform,
  fixedUuid,
} from '@reborn/host-api/testkit';
import {
  createBudgets,
  createHostRuntime,
  createProcessDesk,
  createStoredSecrets,
  staticGrants,
  type InvokeOutcome,
} from '@reborn/host-runtime';
import { scriptedHandler } from '@reborn/host-runtime/testkit';
import {
  checkCanaries,
  checkDoorRecords,
  checkEffects,
  checkGates,
  checkReservations,
  checkRunFencing,
  checkSettledEffects,
  checkUncertain,
  DOOR_MACHINES,
  readDoorImage,
  readStoreImage,
  RUN_TAKEN_KIND,
  sinksOf,
  spellingsOf,
  type StoreImage,
} from '@reborn/simulator';
import { runMachine } from '@reborn/turns';
import { beforeAll, describe, expect, test } from 'vitest';
import { less } from '../src/door/undisciplined-store.ts';

const CANARY = 'canary-of-the-secret';
const LIMIT = { usd: '2' };
const handle = parseSecretHandle('notes_token');
const alice = { kind: 'user', id: 'alice' } as const;
const effects = ['external_write', 'spawn_process', 'use_secret'] as const;
const machines = [leaseMachine, runMachine, ...DOOR_MACHINES];

let left: StoreImage;
let effectKey = '';
beforeAll(async () => {
  left = await useDoor();
  effectKey = [...(left.rows.get('idempotency')?.keys() ?? [])].find((key) => key.startsWith('call')) ?? '';
});

/** A call with a credential, an approval that is edited and a budget; and a process. Then the store as it is. */
async function useDoor(): Promise<StoreImage> {
  const { clock, ids, timers, digest } = createFakePlatform();
  const store = createInMemoryStore({ machines, clock, timers });
  const secrets = createStoredSecrets({ store, clock, ids, cipher: createFakeCipher() });
  const processes = createProcessDesk({ store, clock, timers, ids, holder: 'host:1' });
  const handler = scriptedHandler({
    descriptor: {
      effects: ['external_write', 'use_secret'],
      permission: 'ask',
      credentials: [{ handle, required: true }],
      estimate: { usd: '0.4' },
    },
    otherwise: { kind: 'completed', output: { done: true }, usage: { usd: '0.1' } },
  });
  const trusted = { packageId: parseExtensionId('notes'), source: 'composed', trust: 'user_trusted' } as const;
  const door = createHostRuntime({
    store,
    clock,
    timers,
    ids,
    digest,
    profile: 'production',
    trust: createHostTrustPolicy([{ ...trusted, allowedEffects: [...effects] }]),
    capabilities: [handler],
    grants: staticGrants([buildGrant({ allowedEffects: [...effects], secrets: [handle] })]),
    budgets: createBudgets({ store, clock, limits: [{ axis: 'user', period: { kind: 'rolling_day' }, limit: LIMIT }] }),
    secrets,
    processes,
  });
  const answer = (outcome: InvokeOutcome, more: object) => {
    const gateId = 'gateId' in outcome ? outcome.gateId : '';
    return door.resolveGate({ tenantId: 'acme', gateId, approver: alice, ...more } as never);
  };
  for (const mode of ['invokeCapability', 'spawnCapability'] as const) {
    const context = buildContext({ invocationId: fixedUuid(mode.length), scope: buildScope() });
    const request = { context, capabilityId: 'notes.write', input: { text: 'first' }, idempotencyKey: mode };
    const wanted = await door[mode](request);
    if (wanted.kind === 'auth_required') {
      await answer(wanted, { decision: 'authenticate', credentials: [{ handle, value: CANARY }] });
    }
    await answer(await door[mode](request), { decision: 'edit', input: { text: 'second' } });
    const done = await door[mode](request);
    if (done.kind !== 'spawned_process') continue;
    await processes.await(context.scope, done.processId, { timeoutMs: 1_000 });
  }
  return readStoreImage(
    store,
    machines.map(({ name }) => name),
  );
}

function check(image: StoreImage, happened = 1): readonly string[] {
  const door = readDoorImage(image);
  const keys = [...door.effects.keys()];
  const found = [
    ...checkDoorRecords(door),
    ...checkGates(door, () => true),
    ...checkEffects(door, new Map(keys.map((key) => [key, key === effectKey ? happened : 1]))),
    ...checkSettledEffects(door),
    ...checkUncertain(door),
    ...checkReservations(door, () => LIMIT),
    ...checkRunFencing(image),
    ...checkCanaries(sinksOf(image), [CANARY]),
  ];
  return [...new Set(found.map(({ invariant }) => invariant))].toSorted();
}

/** The same, with the rows of a machine changed. */
function withRows(machine: string, change: (row: JsonObject, key: string) => JsonObject): StoreImage {
  const rows = new Map([...(left.rows.get(machine) ?? [])].map(([key, row]) => [key, change(row, key)]));
  return { ...left, rows: new Map([...left.rows, [machine, rows]]) };
}

/** The same, with the records of a kind changed; `undefined` takes one away. */
function withRecords(kind: string, change: (body: JsonObject) => JsonObject | undefined, times = 1): StoreImage {
  const streams = [...left.streams].map(([name, stream]) => {
    const records = stream.records.flatMap((record) => {
      if (record.content?.kind !== kind) return [record];
      const body = change(JSON.parse(record.content.bodyText) as JsonObject);
      if (body === undefined) return [];
      const bodyText = JSON.stringify(body);
      return Array.from({ length: times }, () => ({ ...record, content: { ...record.content, bodyText } as never }));
    });
    return [name, { ...stream, records }] as const;
  });
  return { ...left, streams: new Map(streams) };
}

const drop = (): undefined => undefined;
const same = (body: JsonObject): JsonObject => body;

describe('The invariants of the door', () => {
  test('hold of a door that did what it should', () => {
    expect(left.rows.get('gate')?.size).toBe(3);
    expect(left.rows.get('work_item')?.size).toBe(1);
    expect(check(left)).toEqual([]);
  });

  test.each<[string, () => StoreImage, readonly string[]]>([
    ['a used approval is still there', () => withRows('gate', (row) => ({ ...row, status: 'approved' })), ['I4']],
    [
      'an approval was taken back and used',
      () => withRows('gate', (row) => ({ ...row, status: 'revoked' })),
      ['I3', 'I4'],
    ],
    ['one approval let two effects happen', () => withRecords('effect_intended', same, 2), ['I4']],
    ['an effect was announced without its approval', () => withRecords('effect_intended', less('gateId')), ['I4']],
    [
      'the edit is not what was announced',
      () => withRecords('effect_intended', (body) => ({ ...body, inputDigest: `sha256:${'0'.repeat(64)}` })),
      ['I4'],
    ],
    [
      'somebody else has answered',
      () => withRecords('approval_resolved', (body) => ({ ...body, by: { kind: 'user', id: 'bob' } })),
      ['I4'],
    ],
    ['a gate was answered twice', () => withRecords('approval_resolved', same, 2), ['I3', 'I4']],
    ['a gate is there and nobody has asked', () => withRecords('approval_requested', drop), ['I3']],
    ['an announced effect is over and no record says so', () => withRecords('effect_settled', drop), ['I3']],
    [
      'an effect that happened is not announced',
      () => withRows('idempotency', (row) => ({ ...less('outcome')(row), status: 'open' })),
      ['I5'],
    ],
    [
      'an effect that happened is said not to have',
      () => withRows('idempotency', (row) => ({ ...row, outcome: { kind: 'failed', effect: 'none' } })),
      ['I5'],
    ],
    [
      'a reservation outlives its attempt',
      () => withRows('reservation', (row) => ({ ...less('used')(row), status: 'active' })),
      ['I3', 'I6'],
    ],
    [
      'an account holds what nobody has reserved',
      () => withRows('limiter', (row) => ({ ...row, held: { usd: '0.1' } })),
      ['I6'],
    ],
    ['an account was not charged', () => withRows('limiter', (row) => ({ ...row, used: {} })), ['I6']],
    ['a limit was passed', () => withRows('limiter', (row) => ({ ...row, used: { usd: '2.1' } })), ['I6']],
    ['a reservation was closed twice', () => withRecords('resources_closed', same, 2), ['I6']],
    [
      'a process is gone and its start is there',
      () => ({ ...left, rows: new Map([...left.rows, ['work_item', new Map()]]) }),
      ['I3'],
    ],
    ['a secret was changed and no record says so', () => withRecords('secret_changed', drop), ['I3']],
    [
      'a secret is stored in base64',
      () => withRows('secret', (row) => ({ ...row, sealed: btoa(`user:${CANARY}`) })),
      ['I12'],
    ],
  ])('notice that %s', (_name, image, broken) => {
    expect(check(image())).toEqual(broken);
  });

  test('notice an effect that happened twice, and one that is said to have happened and did not', () => {
    expect(check(left, 2)).toEqual(['I5']);
    expect(check(left, 0)).toEqual(['I5']);
  });

  test('notice what was announced for a run that somebody else had taken meanwhile', () => {
    const runId = fixedUuid(77);
    const content = (kind: string, correlationId: string) => {
      return { kind, atMs: 1, labels: {}, bodyText: JSON.stringify({ runId, correlationId }) };
    };
    const stream = left.streams.get([...left.streams.keys()].find((name) => name.includes('journal')) ?? '');
    if (stream === undefined) throw new Error('there is a journal');
    const kinds = [
      [RUN_TAKEN_KIND, 'a'],
      ['effect_intended', 'a'],
      [RUN_TAKEN_KIND, 'b'],
    ] as const;
    const late = (by: string) => [...kinds, ['effect_intended', by] as const];
    const imageOf = (by: string): StoreImage => {
      const records = late(by).map(([kind, of], at) => {
        return { cursor: at + 1, eventId: fixedUuid(at), chain: '', content: content(kind, of) };
      });
      return { ...left, streams: new Map([['journal', { ...stream, records }]]) };
    };
    expect(checkRunFencing(imageOf('b'))).toEqual([]);
    expect(checkRunFencing(imageOf('a')).map(({ invariant }) => invariant)).toEqual(['I7']);
  });

  test('know a text in the spellings that programs give it', () => {
    for (const spelled of [
      CANARY,
      Buffer.from(CANARY).toString('base64'),
      Buffer.from(`x${CANARY}`).toString('base64url'),
      Buffer.from(`xy${CANARY}!`).toString('base64'),
      Buffer.from(CANARY).toString('hex'),
      JSON.stringify(CANARY),
    ]) {
      expect(spellingsOf(CANARY).some((form) => spelled.includes(form))).toBe(true);
    }
    expect(checkCanaries([{ name: 'a log', texts: ['nothing', 'to see'] }], [CANARY])).toEqual([]);
  });
});
