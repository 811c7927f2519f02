/**
 * What turns keep over any store.
 *
 * Not here: the store itself (`durableStoreContract` of `@reborn/host-api/testkit`).
 * Source: specification 3, f.
 */
import type { ContractCase } from '@reborn/host-api/testkit';
import type { TurnHarness } from './harness.ts';
import { cancelCases } from './turn-store/cancel-cases.ts';
import { claimCases } from './turn-store/claim-cases.ts';
import { endCases } from './turn-store/end-cases.ts';
import { recordCases } from './turn-store/record-cases.ts';
import { submitCases } from './turn-store/submit-cases.ts';

export const turnStoreContract: readonly ContractCase<TurnHarness>[] = [
  ...submitCases,
  ...claimCases,
  ...endCases,
  ...cancelCases,
  ...recordCases,
];
