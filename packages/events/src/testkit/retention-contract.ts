/**
 * What retention takes and what it leaves, over any store.
 *
 * Not here: the log itself (`event-log-contract.ts`).
 * Source: specification 5, R-11; rulings, section 8.
 */
import type { ContractCase } from '@reborn/host-api/testkit';
import type { LogHarness } from './harness.ts';
import { keepCases } from './retention/keep-cases.ts';
import { ruleCases } from './retention/rule-cases.ts';

export const retentionContract: readonly ContractCase<LogHarness>[] = [...ruleCases, ...keepCases];
