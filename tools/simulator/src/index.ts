/** For tools and tests: simulations, invariants over real stores, and a store on a simulated disk. */

// One run, many runs, a small run
export { simulate } from './world/simulate.ts';
export type { SimulationOptions, SimulationResult } from './world/simulate.ts';
export { runCampaign } from './campaign.ts';
export type { CampaignOptions, CampaignResult } from './campaign.ts';
export { shrink, type ShrunkRun } from './shrink.ts';
export { BUGS, type Bug, type BugName } from './bugs.ts';
export { findBug, type BugSearch } from './find-bug.ts';
export { MARKS, type Mark } from './world/marks.ts';

// Invariants: what was asked, what is there, and whether they agree
export { createHistory, recordUnits } from './invariant/history.ts';
export type { AskedUnit, History, HistoryRecorder, Intent, SeenRecord, UnitOutcome } from './invariant/history.ts';
export { readStoreImage, type StoreImage, type StreamImage } from './invariant/store-image.ts';
export type { InvariantId, Violation } from './invariant/violation.ts';
export { checkAcknowledged } from './invariant/acknowledged.ts';
export { checkAllOrNothing } from './invariant/all-or-nothing.ts';
export { checkChangeWithEvent, TALLIED_KIND } from './invariant/change-with-event.ts';
export { addToTally, checkTallyFull, tallyMachine } from './invariant/tally.ts';
export { checkFencing, FENCED_KIND, TAKEN_KIND } from './invariant/fencing.ts';
export { checkDelivery, FOLLOWED_KIND, type FollowedStream } from './invariant/delivery.ts';
export { checkHeadAnchor } from './invariant/head-anchor.ts';

// Invariants of the door
export { DOOR_MACHINES, readDoorImage, type DoorImage } from './invariant/door-image.ts';
export { checkDoorRecords } from './invariant/door-with-records.ts';
export { checkGates } from './invariant/gates-used-once.ts';
export { checkEffects, checkSettledEffects, checkUncertain } from './invariant/effects-at-most-once.ts';
export { checkReservations } from './invariant/reservations-closed-once.ts';
export { checkRunFencing, RUN_TAKEN_KIND } from './invariant/run-fencing.ts';
export { checkCanaries, sinksOf, spellingsOf, type Sink } from './invariant/canaries.ts';

// The simulated machine
export { createSimulatedBackend, type SimulatedBackend } from './store/simulated-backend.ts';
