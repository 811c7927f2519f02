/**
 * Closing what a run still waits for when it ends, so that nobody is asked in vain.
 *
 * Not here: answering gates (`@reborn/host-runtime`).
 */
import {
  gateMachine,
  getRecord,
  supersedeGate,
  type GateId,
  type RecordReader,
  type TransitionWrite,
} from '@reborn/host-api';

/**
 * Writes that close those of the gates that are not closed yet. They hold for this moment only: a conflict on machine
 * `gate` says that somebody moved one meanwhile, and that the unit has to be built again.
 */
export async function closeGates(
  reader: RecordReader,
  gateIds: readonly GateId[],
): Promise<readonly TransitionWrite[]> {
  const writes: TransitionWrite[] = [];
  for (const gateId of new Set(gateIds)) {
    const gate = await getRecord(reader, gateMachine, gateId);
    if (gate?.status === 'open' || gate?.status === 'approved') writes.push(supersedeGate(gateId));
  }
  return writes;
}
