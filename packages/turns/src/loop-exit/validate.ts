/**
 * Whether the end that a loop claims is confirmed by what is stored. A claim that is not becomes a failure of the driver.
 *
 * Not here: the form of a claim (`exit.ts`), making it happen (`../worker/step.ts`).
 * Source: specification 3, a.9.
 */
import type { LoopExit } from '../loop/host.ts';
import type { RunRow } from '../run.ts';
import { unansweredCalls, type TranscriptEntry } from '../transcript/entry.ts';
import type { RunEnd } from '../worker/step.ts';
import { loopExitSchema } from './exit.ts';

/**
 * `run`: as it stands now, not as it was claimed. `entries`: its thread. `issuedGates`: the gates that the host handed
 * out in this sitting.
 */
export interface ExitEvidence {
  readonly run: RunRow;
  readonly entries: readonly TranscriptEntry[];
  readonly issuedGates: ReadonlySet<string>;
}

export function validateExit(exit: LoopExit, evidence: ExitEvidence): RunEnd {
  const claim = loopExitSchema.safeParse(exit);
  return claim.success
    ? confirm(claim.data, evidence)
    : violation('what it returned does not have the form of an exit');
}

function confirm(exit: LoopExit, { run, entries, issuedGates }: ExitEvidence): RunEnd {
  switch (exit.kind) {
    case 'completed': {
      const reply = entries.find((entry) => entry.entryId === exit.replyEntryId && entry.runId === run.runId);
      const isReply = reply?.kind === 'assistant_message' && reply.calls.length === 0;
      if (!isReply) return violation('it named a reply that is not in the transcript');
      return unansweredCalls(entries, run.runId).length === 0 ? exit : violation('it left calls without a result');
    }
    case 'parked':
      return exit.gates.every((gateId) => issuedGates.has(gateId))
        ? exit
        : violation('it named a gate that the host did not open');
    case 'cancelled':
      return run.cancel === undefined ? violation('it stopped although nobody had cancelled the run') : exit;
    case 'failed':
      return exit;
  }
}

function violation(what: string): RunEnd {
  return {
    kind: 'failed',
    failure: { kind: 'driver_protocol_violation', explanation: `The loop broke its contract: ${what}.` },
  };
}
