/**
 * What a durable follower keeps over any store.
 *
 * Not here: the log itself (`event-log-contract.ts`).
 * Source: specification 1, B14; rulings, section 7.
 */
import type { ContractCase } from '@reborn/host-api/testkit';
import { companyCases } from './consumer/company-cases.ts';
import { crashCases } from './consumer/crash-cases.ts';
import { failureCases } from './consumer/failure-cases.ts';
import { gapCases } from './consumer/gap-cases.ts';
import { progressCases } from './consumer/progress-cases.ts';
import type { LogHarness } from './harness.ts';

export const consumerContract: readonly ContractCase<LogHarness>[] = [
  ...progressCases,
  ...failureCases,
  ...companyCases,
  ...crashCases,
  ...gapCases,
];
