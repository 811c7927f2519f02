/**
 * What the log keeps over any store.
 *
 * Not here: durable followers (`consumer-contract.ts`).
 * Source: specification 1, A9.
 */
import type { ContractCase } from '@reborn/host-api/testkit';
import { appendCases } from './event-log/append-cases.ts';
import { readCases } from './event-log/read-cases.ts';
import { tailCases } from './event-log/tail-cases.ts';
import type { LogHarness } from './harness.ts';

export const eventLogContract: readonly ContractCase<LogHarness>[] = [...appendCases, ...readCases, ...tailCases];
