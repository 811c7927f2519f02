/**
 * What event streams keep over any store.
 *
 * Not here: the answers that they are made of (`projection-contract.ts`).
 * Source: specification 1, A8.
 */
import type { ContractCase } from '@reborn/host-api/testkit';
import type { LogHarness } from './harness.ts';
import { deliveryCases } from './streaming/delivery-cases.ts';
import { endCases } from './streaming/end-cases.ts';
import { openingCases } from './streaming/opening-cases.ts';

export const eventStreamContract: readonly ContractCase<LogHarness>[] = [
  ...openingCases,
  ...deliveryCases,
  ...endCases,
];
