import { defineMachine, leaseMachine, type LeaseRow } from '@reborn/host-api';

/** Goes where its table does not lead, or throws. */
export const brokenMachine = defineMachine<LeaseRow, Parameters<typeof leaseMachine.decide>[1]>({
  ...leaseMachine,
  name: 'broken',
  module: import.meta.url,
  transitions: [
    { from: 'none', trigger: 'acquire', to: 'held' },
    { from: 'none', trigger: 'release', to: 'held' },
  ],
  decide: (_row, { trigger }) => {
    if (trigger === 'release') throw new TypeError('not to be');
    return { kind: 'write', row: { status: 'free', holder: 'me', fence: 1, expiresAtMs: 0 } };
  },
});
