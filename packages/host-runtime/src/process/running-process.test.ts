import { acquireLease, InvariantError, startWork } from '@reborn/host-api';
import { buildScope } from '@reborn/host-api/testkit';
import { expect, it } from 'vitest';
import { about, completed, createProcessWorld, LEASE_MS } from '../../test/process-world.ts';
import { RunningProcess, type ProcessWork } from './running-process.ts';

const broken = (): never => {
  throw new InvariantError('broken');
};
const sound: ProcessWork = { execute: async () => completed, ending: () => [] };

it.each([
  ['its work', { ...sound, execute: broken }],
  ['its ending', { ...sound, ending: broken }],
])('lets a bug in %s be a bug', async (_where, work) => {
  const { store, platform } = await createProcessWorld();
  const { processId } = await begun();
  const parts = { store, ...platform, holder: 'here', leaseMs: LEASE_MS };
  const process = new RunningProcess(parts, processId, { key: 'lease:p', holder: 'here', fence: 1 }, work);
  await expect(process.over).rejects.toBeInstanceOf(InvariantError);
  expect(platform.pendingTimers()).toBe(0);

  async function begun() {
    const processId = platform.ids.uuid() as never;
    const item = { kind: 'process', scope: buildScope(), about, leaseKey: 'lease:p', attempt: 1 };
    await store.commit([acquireLease('lease:p', 'here', LEASE_MS), startWork(processId, item)]);
    return { processId };
  }
});
