/**
 * What every door keeps towards its callers, whether it is real or scripted: the form of requests, outcomes and faults,
 * and what an answer leads to.
 *
 * Not here: the cases (`host-runtime/`), authority and durability (this package's own tests).
 * Source: specification 2, b.2, b.3 and c.
 */
import { gateCases } from './host-runtime/gate-cases.ts';
import type { DoorCase } from './host-runtime/harness.ts';
import { outcomeCases } from './host-runtime/outcome-cases.ts';
import { requestCases } from './host-runtime/request-cases.ts';
import { surfaceCases } from './host-runtime/surface-cases.ts';
import { workCases } from './host-runtime/work-cases.ts';

export const hostRuntimeContract: readonly DoorCase[] = [
  ...requestCases,
  ...outcomeCases,
  ...gateCases,
  ...workCases,
  ...surfaceCases,
];
