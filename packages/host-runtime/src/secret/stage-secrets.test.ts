import { parseSecretHandle, type CredentialRequirement } from '@reborn/host-api';
import { buildScope } from '@reborn/host-api/testkit';
import { expect, test } from 'vitest';
import { createFakeSecretStore } from '../testkit/fake-secret-store.ts';
import { createLatch } from '../testkit/fake-host-runtime.ts';
import { stageSecrets, type StagingOutcome } from './stage-secrets.ts';

const scope = buildScope();
const [first, second, third] = ['first', 'second', 'third'].map((name) => parseSecretHandle(name)) as [
  never,
  never,
  never,
];
const need = (handle: string, required = true): CredentialRequirement => ({
  handle: parseSecretHandle(handle),
  required,
});

function lentOf(outcome: StagingOutcome) {
  if (outcome.kind !== 'staged') throw new Error(`not staged but ${outcome.kind}`);
  return outcome.lent;
}

test('a capability takes each lent secret once, and none that it was not lent', async () => {
  const store = createFakeSecretStore({ secrets: { first: 'value-1', second: 'value-2', third: null } });
  const outcome = await stageSecrets(store, scope, [need('first'), need('second'), need('third', false)]);
  const { staged } = lentOf(outcome);
  expect(outcome).toMatchObject({ kind: 'staged', count: 2 });
  expect(staged.take(first)?.reveal()).toBe('value-1');
  expect(staged.take(first)).toBeUndefined();
  expect(staged.take(second)?.reveal()).toBe('value-2');
  expect(staged.take(third)).toBeUndefined();
  expect(staged.take(parseSecretHandle('fourth'))).toBeUndefined();
});

test('the way out uses a lent secret as often as the call needs it, whatever the capability took', async () => {
  const store = createFakeSecretStore({ secrets: { first: 'value-1' } });
  const lent = lentOf(await stageSecrets(store, scope, [need('first')]));
  lent.staged.take(first);
  expect([lent.value(first)?.reveal(), lent.value(first)?.reveal()]).toEqual(['value-1', 'value-1']);
  expect(lent.value(second)).toBeUndefined();
});

test('when the call is over nothing is handed out, and what it left behind is still cleaned', async () => {
  const store = createFakeSecretStore({ secrets: { first: 'value-1', second: 'value-2' } });
  const lent = lentOf(await stageSecrets(store, scope, [need('first'), need('second')]));
  lent.revoke();
  lent.revoke();
  expect([lent.staged.take(first), lent.value(second)]).toEqual([undefined, undefined]);
  expect(lent.redactor.redact('value-1 and value-2').text).toBe('[redacted] and [redacted]');
});

test('nothing is handed out before everything was read', async () => {
  const latch = createLatch();
  const store = createFakeSecretStore({ secrets: { first: 'value-1', second: { text: 'value-2', latch } } });
  let staged = false;
  const staging = stageSecrets(store, scope, [need('first'), need('second')]).then(() => (staged = true));
  await latch.arrived;
  expect(store.requests.map(({ method }) => method)).toEqual(['read', 'read']);
  expect(staged).toBe(false);
  latch.open();
  await staging;
});

test('a required secret that is not there keeps all of them back', async () => {
  const store = createFakeSecretStore({ secrets: { first: 'value-1', second: null, third: null } });
  const outcome = await stageSecrets(store, scope, [
    need('first'),
    need('second'),
    need('second'),
    need('third', false),
  ]);
  expect(outcome).toEqual({ kind: 'missing', handles: [second] });
});

test('a secret that cannot be opened, or could not be found again, fails the whole staging', async () => {
  const shut = createFakeSecretStore({
    secrets: { first: 'value-1', second: { fault: 'host-runtime/secrets_unavailable' } },
  });
  await expect(stageSecrets(shut, scope, [need('first'), need('second', false)])).rejects.toMatchObject({
    code: 'host-runtime/secrets_unavailable',
  });
  const short = createFakeSecretStore({ secrets: { first: 'abc' } });
  await expect(stageSecrets(short, scope, [need('first')])).rejects.toMatchObject({
    code: 'host-runtime/secrets_unavailable',
    detail: { field: 'secret', rule: 'has a form that cannot be kept out of outputs' },
  });
});
