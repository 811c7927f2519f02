/** What `doctor` found, for people. */
import type { Component, ReadinessIssue, ReadinessReport } from '@reborn/reborn';
import { extensionLines } from './extension-lines.ts';
import type { Line, Tone } from './style.ts';

const ISSUES: Readonly<Record<ReadinessIssue, string>> = {
  non_durable: 'does not outlive its process or a loss of power',
  recording: 'is a recording, not a live model',
  nothing_granted: 'nothing is granted',
  quarantined: 'not all of them are taken',
  no_secret_key: 'tools need secrets, and there is no key to seal them with',
  plain_secrets: 'some stand in the environment, in plain text',
  no_network: 'tools need a way out to networks, and none was composed',
  no_sandbox: 'no sandbox holds all of the programs that capabilities start',
};
const STATUS: Readonly<Record<ReadinessReport['status'], readonly [string, Tone]>> = {
  production_ready: ['every part is fit for production', 'good'],
  degraded: ['fine here, not fit for production', 'ask'],
  refused: ['REFUSED: these settings may not run in production', 'bad'],
};
const BROKEN: readonly [string, Tone] = ['not all of it works', 'bad'];
const TONES = { ok: 'good', warning: 'ask', failed: 'bad' } as const;
const NAME_COLUMNS = 15;

interface ShownCheck {
  readonly name: string;
  readonly state: keyof typeof TONES;
  readonly detail: string;
}

export function doctorLines(report: ReadinessReport, checks: readonly ShownCheck[]): readonly Line[] {
  const works = report.status === 'refused' || checks.every(({ state }) => state !== 'failed');
  const [verdict, tone] = works ? STATUS[report.status] : BROKEN;
  return [
    ...checks.map(({ name, state, detail }): Line => ({
      label: state,
      text: `${name.padEnd(NAME_COLUMNS)} ${detail}`,
      tone: TONES[state],
    })),
    ...report.components.map((component) => componentLine(component, report)),
    ...extensionLines(report.extensions),
    { label: 'profile', text: `${report.profile}: ${verdict}`, tone },
  ];
}

function componentLine({ name, implementation, durability, issue }: Component, report: ReadinessReport): Line {
  const survives = durability === 'none' ? 'keeps nothing' : `survives ${durability.replaceAll('_', ' ')}`;
  const why = issue === undefined ? '' : `  ← ${ISSUES[issue]}`;
  const tone = issue === undefined ? 'plain' : report.status === 'refused' ? 'bad' : 'ask';
  return { label: 'part', text: `${name.padEnd(NAME_COLUMNS)} ${implementation}, ${survives}${why}`, tone };
}
