/**
 * What the log keeps over any store.
 *
 * Not here: durable followers (`consumer-contract.ts`), what is kept for how long (`retention-contract.ts`).
 * Source: specification 1, A9.
 */
import type { ContractCase } from '@reborn/host-api/testkit';
import { appendCases } from './event-log/append-cases.ts';
import { batchCases } from './event-log/batch-cases.ts';
import { queryCases } from './event-log/query-cases.ts';
import { readCases } from './event-log/read-cases.ts';
import { tailCases } from './event-log/tail-cases.ts';
import { traceCases } from './event-log/trace-cases.ts';
import { verifyCases } from './event-log/verify-cases.ts';
import type { LogHarness } from './harness.ts';

export const eventLogContract: readonly ContractCase<LogHarness>[] = [
  ...appendCases,
  ...batchCases,
  ...readCases,
  ...tailCases,
  ...queryCases,
  ...traceCases,
  ...verifyCases,
];
