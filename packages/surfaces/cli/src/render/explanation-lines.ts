/**
 * The story of a run for people: what was asked, everything in its order with the time since the beginning, and the calls.
 *
 * Not here: the stages of a call (`stage-lines.ts`).
 */
import type { GateRow } from '@reborn/host-api';
import type { CallStory, Explanation } from '@reborn/reborn';
import type { Happening } from '../story.ts';
import { ANSWERED, isTelling, storyLine, whoIs } from './happening-line.ts';
import { statusTone, toTime } from './run-lines.ts';
import { stageLines } from './stage-lines.ts';
import { oneLine, type Line, type Tone } from './style.ts';

const LABEL_COLUMNS = 8;
const TIME_COLUMNS = 10;

/** A text is a heading or an empty line. */
export function explanationLines(
  explanation: Explanation,
  happenings: readonly Happening[],
  gates: readonly GateRow[],
  full: boolean,
): readonly (Line | string)[] {
  const { run, transcript, calls, complete } = explanation;
  const asked = transcript.find((entry) => entry.kind === 'user_message');
  const shown = full ? happenings : happenings.filter(isTelling);
  const beganMs = happenings[0]?.atMs ?? 0;
  return [
    ...(run === undefined ? [] : [{ label: 'run', text: `${run.runId}  ${run.status}`, tone: statusTone(run) }]),
    ...(run === undefined
      ? []
      : [plain('owner', `${whoIs({ kind: 'user', id: run.scope.userId })}, thread ${run.scope.threadId ?? ''}`)]),
    ...(asked?.kind === 'user_message' ? [plain('asked', oneLine(asked.text))] : []),
    plain('began', toTime(beganMs)),
    ...gates.map((gate): Line => ({ label: 'waits', text: `for an answer to gate ${gate.gateId}`, tone: 'ask' })),
    '',
    'What happened, in order (seconds since the beginning)',
    '',
    ...shown.map((happening) => timed(happening, beganMs)),
    ...(shown.length === happenings.length
      ? []
      : [
          {
            label: '',
            text: `(${happenings.length - shown.length} steps that always go alike are left out; --full shows them)`,
            tone: 'faint' as const,
          },
        ]),
    ...(complete
      ? []
      : [plain('', '… there is more than one explanation holds; `reborn events tail --run` has the rest')]),
    '',
    'Calls',
    '',
    ...calls.flatMap((call) => [callLine(call), ...(full ? call.stages.flatMap(stageLines) : [])]),
  ];
}

function timed(happening: Happening, beganMs: number): Line {
  const { label, text, ...how } = storyLine(happening);
  const seconds = `+${((happening.atMs - beganMs) / 1000).toFixed(3)}`;
  return { label: seconds.padStart(TIME_COLUMNS - 1), text: `${label.padEnd(LABEL_COLUMNS)}  ${text}`, ...how };
}

function callLine(call: CallStory): Line {
  const decisive = call.verdicts
    .filter(({ verdict }) => verdict !== 'allow')
    .map(({ by, code }) => `${by} (${code ?? ''})`);
  const said = decisive.length === 0 ? '' : `  ${[...new Set(decisive)].join(', ')}`;
  const answers = call.gates.flatMap(({ resolution }) =>
    resolution === undefined
      ? []
      : [`${ANSWERED[resolution.decision]} by ${whoIs(resolution.by)}${reasonOf(resolution.reason)}`],
  );
  const answered = answers.length === 0 ? '' : `  ${answers.join(', ')}`;
  return {
    label: call.end,
    text: `${call.invocationId}  ${call.capabilityId}${said}${answered}`,
    tone: END_TONES[call.end],
  };
}

const END_TONES: Readonly<Record<CallStory['end'], Tone>> = {
  succeeded: 'good',
  failed: 'bad',
  denied: 'bad',
  uncertain: 'bad',
  waiting: 'ask',
  open: 'ask',
};

function reasonOf(reason: string | undefined): string {
  return reason === undefined ? '' : `: "${oneLine(reason, 80)}"`;
}

function plain(label: string, text: string): Line {
  return { label, text, tone: 'plain' };
}
