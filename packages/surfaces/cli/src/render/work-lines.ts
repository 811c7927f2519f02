/** Processes and budgets for people. */
import type { BudgetStanding, ProcessView } from '@reborn/host-runtime';
import { toTime } from './run-lines.ts';
import type { Line, Tone } from './style.ts';

const TONES: Readonly<Record<ProcessView['status'], Tone>> = {
  running: 'ask',
  completed: 'good',
  failed: 'bad',
  cancelled: 'bad',
  lost: 'bad',
};

export function processLine({ processId, status, capabilityId, startedAtMs, cancelReason, result }: ProcessView): Line {
  const stopping = status === 'running' && cancelReason !== undefined ? `  told to stop (${cancelReason})` : '';
  const why = result?.kind === 'failed' ? `  ${result.errorKind}, effect ${result.effect}` : '';
  const text = `${processId}  ${capabilityId}  since ${toTime(startedAtMs)}${stopping}${why}`;
  return { label: status, text, tone: TONES[status] };
}

/** One line for each dimension that has a limit. */
export function budgetLines({ axis, id, period, limit, used, held, endsAtMs }: BudgetStanding): readonly Line[] {
  const when = 'timeZone' in period ? `${period.kind} (${period.timeZone})` : period.kind.replaceAll('_', ' ');
  const until = endsAtMs === undefined ? '' : `; until ${toTime(endsAtMs)}`;
  return Object.entries(limit).map(([name, most]) => {
    const dimension = name as keyof typeof limit;
    const text = `${id}  ${when}  ${name}: ${used[dimension] ?? 0} used, ${held[dimension] ?? 0} held, of ${most}${until}`;
    return { label: axis, text, tone: 'plain' };
  });
}
