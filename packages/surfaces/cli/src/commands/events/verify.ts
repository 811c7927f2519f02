/** `reborn events verify`: goes through whole streams and says whether anything was changed, lost or taken away. */
import { streamName, type StreamKey } from '@reborn/host-api';
import type { VerifyOutcome } from '@reborn/events';
import type { OperatorLog } from '@reborn/reborn';
import { EXIT } from '../../exit-code.ts';
import type { Machine } from '../../machine.ts';
import { withOperatorLog } from '../../opened-host.ts';
import { createReporter } from '../../reporter.ts';
import type { Line } from '../../render/style.ts';
import { readSettings, type HomeFlags } from '../../settings.ts';
import { verifyWire } from '../../log-wire.ts';
import { parseStreamFamily } from './event-options.ts';

const BROKEN: Readonly<Record<Extract<VerifyOutcome, { kind: 'broken' }>['rule'], string>> = {
  chain_broken: 'the record or its link was changed',
  cursor_missing: 'records are missing, or out of order',
  head_mismatch: 'the newest record is not the one that the stream calls its head',
  below_anchor: 'records that were acknowledged are gone',
  anchor_differs: 'another record was acknowledged there',
};

export async function verifyEventsCommand(
  machine: Machine,
  flags: HomeFlags & { readonly family?: string },
): Promise<number> {
  const family = flags.family === undefined ? undefined : parseStreamFamily(flags.family);
  const settings = await readSettings(machine, flags);
  const reporter = createReporter(machine.io, flags.json === true);
  return withOperatorLog(machine, settings, async (log) => {
    let exit: number = EXIT.done;
    for await (const { stream } of log.streams(family)) {
      const outcome = await verifyFully(log, stream, machine.io.interrupted);
      reporter.value(verifyWire(stream, outcome));
      reporter.line(lineOf(stream, outcome));
      if (outcome.kind === 'stopped') return EXIT.interrupted;
      if (outcome.kind !== 'intact') exit = EXIT.runFailed;
    }
    const anchored = log.durability.anchored
      ? 'a head anchor bounds it from below'
      : 'no head anchor: a lost tail would not show';
    reporter.remark(`${log.durability.backend}: ${anchored}`);
    return exit;
  });
}

/** Retention may cut the beginning off while one looks: then what is left is looked at. */
async function verifyFully(log: OperatorLog, stream: StreamKey, signal: AbortSignal): Promise<VerifyOutcome> {
  const outcome = await log.verify(stream, signal);
  return outcome.kind === 'cursor_too_old' ? log.verify(stream, signal) : outcome;
}

function lineOf(stream: StreamKey, outcome: VerifyOutcome): Line {
  const name = streamName(stream);
  switch (outcome.kind) {
    case 'intact': {
      const removed = outcome.removed === 0 ? '' : `, ${outcome.removed} of them without content`;
      return {
        label: 'intact',
        text: `${name}  ${outcome.records} records up to ${outcome.head}${removed}`,
        tone: 'good',
      };
    }
    case 'broken':
      return { label: 'BROKEN', text: `${name}  at ${outcome.at}: ${BROKEN[outcome.rule]}`, tone: 'bad' };
    case 'stopped':
      return { label: 'stopped', text: `${name}  holds up to ${outcome.through}`, tone: 'faint' };
    case 'cursor_too_old':
    case 'cursor_ahead':
      return { label: 'moved', text: `${name}  was cut off while it was looked at; do it again`, tone: 'ask' };
  }
}
