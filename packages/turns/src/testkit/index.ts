/** For tests of this package and of everything above it: turns, runs and entries, and what turns keep over any store. */

// Contract
export { turnStoreContract } from './turn-store-contract.ts';
export { TURN_MACHINES, type TurnHarness } from './harness.ts';

// Builders
export { buildAssistantMessage, buildCheckpoint, buildGate, buildRun, buildToolResult, buildTurn } from './builder.ts';
