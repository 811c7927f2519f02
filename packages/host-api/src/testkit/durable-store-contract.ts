/**
 * What every durable store keeps, whatever it is made of.
 *
 * Not here: what one backend alone promises, such as surviving a loss of power (that adapter's own tests).
 */
import type { ContractCase } from './contract-case.ts';
import { chainCases } from './durable-store/chain-cases.ts';
import { durabilityCases } from './durable-store/durability-cases.ts';
import { importCases } from './durable-store/import-cases.ts';
import { inputCases } from './durable-store/input-cases.ts';
import { ledgerCases } from './durable-store/ledger-cases.ts';
import { limiterCases } from './durable-store/limiter-cases.ts';
import { listCases } from './durable-store/list-cases.ts';
import { machineCases } from './durable-store/machine-cases.ts';
import { pageCases } from './durable-store/page-cases.ts';
import { streamCases } from './durable-store/stream-cases.ts';
import { listenerCases } from './durable-store/listener-cases.ts';
import type { DurableStoreHarness } from './durable-store/ticket.ts';
import { unitCases } from './durable-store/unit-cases.ts';
import { workItemCases } from './durable-store/work-item-cases.ts';

/** Run each case against an empty store; a harness may set other timers, clocks stay those of the opening. */
export const durableStoreContract: readonly ContractCase<DurableStoreHarness>[] = [
  ...unitCases,
  ...machineCases,
  ...limiterCases,
  ...workItemCases,
  ...streamCases,
  ...pageCases,
  ...chainCases,
  ...ledgerCases,
  ...importCases,
  ...listenerCases,
  ...listCases,
  ...inputCases,
  ...durabilityCases,
];
