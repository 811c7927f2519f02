/**
 * Whether the end that a loop claims is confirmed by what is stored. A claim that is not becomes a failure of the driver.
 *
 * Source: specification 3, a.9.
 */
import type { RunRow } from '../run.ts';
import type { LoopExit } from '../loop/host.ts';
import { unansweredCalls, type TranscriptEntry } from '../transcript/entry.ts';
import type { RunEnd } from '../worker/step.ts';

/** `issuedGates`: the gates that the host handed out in this sitting. */
export function validateExit(
  exit: LoopExit,
  evidence: { readonly run: RunRow; readonly entries: readonly TranscriptEntry[]; readonly issuedGates: ReadonlySet<string> },
): RunEnd {
  const { run, entries, issuedGates } = evidence;
  switch (exit.kind) {
    case 'completed': {
      const reply = entries.find((entry) => entry.entryId === exit.replyEntryId && entry.runId === run.runId);
      const isReply = reply?.kind === 'assistant_message' && reply.calls.length === 0;
      if (!isReply) return violation('it named a reply that is not in the transcript');
      return unansweredCalls(entries, run.runId).length === 0 ? exit : violation('it left calls without a result');
    }
    case 'parked': {
      const confirmed = exit.gates.length > 0 && exit.gates.every((gateId) => issuedGates.has(gateId));
      return confirmed ? exit : violation('it named a gate that the host did not open');
    }
    case 'cancelled':
      return run.cancel === undefined ? violation('it stopped although nobody had cancelled the run') : exit;
    case 'failed':
      return exit;
  }
}

function violation(what: string): RunEnd {
  return { kind: 'failed', failure: { kind: 'driver_protocol_violation', explanation: `The loop broke its contract: ${what}.` } };
}
