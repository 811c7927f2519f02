/**
 * What a projection of runs keeps over any store.
 *
 * Not here: being told without asking (`event-stream-contract.ts`).
 * Source: specification 1, A7; specification 5, R-10.
 */
import type { ContractCase } from '@reborn/host-api/testkit';
import type { LogHarness } from './harness.ts';
import { foldCases } from './projection/fold-cases.ts';
import { placeCases } from './projection/place-cases.ts';

export const projectionContract: readonly ContractCase<LogHarness>[] = [...foldCases, ...placeCases];
