/** What must not turn up: contents of calls in records, texts of errors anywhere. */
import { createSentinel, findLeaks } from '@reborn/host-api/testkit';
import { recordingPolicy, scriptedHandler } from '@reborn/host-runtime/testkit';
import { expect, test } from 'vitest';
import { alice, createWorld, gateOf } from './support.ts';

test('inputs, outputs, reasons and error texts do not stand in records, nor error texts in outcomes and faults', async () => {
  const world = createWorld();
  const inContent = ['input', 'output', 'edit', 'reason', 'message'].map(createSentinel);
  const [input, output, edit, reason, message] = inContent as [string, string, string, string, string];
  const inErrors = ['thrown', 'policy', 'grants', 'code', 'check'].map(createSentinel);
  const [thrown, policyText, grantsText, code, check] = inErrors as [string, string, string, string, string];
  const said: unknown[] = [];
  const handler = scriptedHandler({
    descriptor: { permission: 'ask' },
    runs: [
      { kind: 'completed', output: { text: output } },
      () => Promise.reject(new Error(thrown, { cause: thrown })),
      { kind: 'failed', code, message, effect: 'happened' },
      { kind: 'failed', code: `/home/${code}`, message, effect: 'none' },
      () => ({ kind: 'completed', output: { secret: thrown, toJSON: () => thrown } }),
    ],
  });
  const broken = scriptedHandler({
    descriptor: { id: 'notes.read' },
    checkInput: () => {
      throw new Error(check);
    },
  });
  const runtime = world.open([handler, broken]);
  for (let calls = 0; calls < 5; calls += 1) {
    const request = world.newCall({ text: input, calls });
    const gateId = gateOf(await runtime.invokeCapability(request));
    await runtime.resolveGate({
      tenantId: 'acme',
      gateId,
      approver: alice,
      decision: 'edit',
      input: { text: edit },
      reason,
    });
    said.push(await world.invoke(runtime, request));
  }
  said.push(await runtime.invokeCapability(world.newCall({ text: input }, { capabilityId: 'notes.read' })));
  const throwing = world.open([scriptedHandler()], {
    policy: recordingPolicy([], () => Promise.reject(new Error(policyText))),
  });
  said.push(await throwing.invokeCapability(world.newCall()));
  const away = world.open([handler], { grants: { grantsFor: () => Promise.reject(new Error(grantsText)) } });
  const fault = await away.invokeCapability(world.newCall({ text: input })).catch((error: unknown) => error);
  said.push(JSON.stringify(fault), String(fault));
  said.push(
    await runtime.invokeCapability({ ...world.newCall(), [input]: 1 } as never).catch((error: unknown) => error),
  );
  const records = await world.records();
  expect(records.length).toBeGreaterThan(20);
  expect(findLeaks(records, [...inContent, ...inErrors])).toEqual([]);
  expect(findLeaks(said, [...inErrors, input, edit, reason])).toEqual([]);
});
