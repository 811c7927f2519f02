/** A journal that was read from its beginning, for people. */
import type { RepairQuestion, Replay, ReplayBlocker, ReplayedCall, ReplayFinding } from '@reborn/events';
import type { Line } from './style.ts';

const ANSWERS: Readonly<Record<RepairQuestion['kind'], string>> = {
  did_it_happen: 'did this effect happen? Look at the world that it would have changed',
  did_it_apply: 'did this decision take effect?',
  can_it_be_trusted: 'can this record be trusted?',
};

export function replayLines(replay: Replay): readonly Line[] {
  return [
    { label: 'journal', text: `${replay.records} records, ${replay.unknown} of a newer version`, tone: 'plain' },
    ...replay.calls.flatMap(callLines),
    ...replay.findings.map((finding): Line => ({ label: 'wrong', text: findingText(finding), tone: 'bad' })),
    ...openLines(replay),
  ];
}

function callLines({ invocationId, capabilityId, verdicts, effects }: ReplayedCall): readonly Line[] {
  const said = verdicts.map(({ by, verdict }) => `${by} ${verdict}`).join(', ');
  return [
    { label: 'call', text: `${capabilityId ?? 'unknown'}  ${invocationId}  ${said}`, tone: 'plain' },
    ...effects.map((effect): Line => {
      const { state, attempt, result, recovery, cursor } = effect;
      const what =
        result === undefined ? 'announced, and no result is written' : `${result.outcome}, effect ${result.effect}`;
      const how = recovery === undefined ? '' : `, given up by the host (${recovery})`;
      const tone = state === 'pending' || result?.effect === 'uncertain' ? 'ask' : 'good';
      return { label: '', text: `attempt ${attempt} at ${cursor}: ${what}${how}`, tone };
    }),
  ];
}

function openLines(replay: Replay): readonly Line[] {
  switch (replay.mode) {
    case 'audit':
      return [];
    case 'resume': {
      if (replay.blockers.length === 0) return [{ label: 'resume', text: 'nothing stands in the way', tone: 'good' }];
      return replay.blockers.map((blocker): Line => ({ label: 'blocked', text: blockerText(blocker), tone: 'ask' }));
    }
    case 'repair': {
      if (replay.questions.length === 0) return [{ label: 'repair', text: 'there is nothing to decide', tone: 'good' }];
      return replay.questions.map((question): Line => {
        const text = `${ANSWERS[question.kind]} (${question.answers.join(' / ')}): ${subjectText(question)}`;
        return { label: 'decide', text, tone: 'ask' };
      });
    }
  }
}

function blockerText(blocker: ReplayBlocker): string {
  switch (blocker.kind) {
    case 'effect_pending':
      return `${blocker.effect.capabilityId} at ${blocker.effect.cursor} was announced and never settled`;
    case 'decision_open':
      return `a decision of ${blocker.decision.record.hookId} at ${blocker.decision.cursor} was accepted and never applied`;
    case 'finding':
      return findingText(blocker.finding);
  }
}

function subjectText(question: RepairQuestion): string {
  switch (question.kind) {
    case 'did_it_happen':
      return `${question.effect.capabilityId} at ${question.effect.cursor}`;
    case 'did_it_apply':
      return `${question.decision.record.hookId} at ${question.decision.cursor}`;
    case 'can_it_be_trusted':
      return findingText(question.finding);
  }
}

function findingText({ code, cursor, kind }: ReplayFinding): string {
  return `${code.replaceAll('_', ' ')}: ${kind} at ${cursor}`;
}
