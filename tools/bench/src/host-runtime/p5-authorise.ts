/** P5: the authoriser alone, beside others that come to the same decisions. */
import { alternate } from '../measure/alternate.ts';
import { beside, P50_US, repeatSync, type Side } from '../measure/block.ts';
import type { Group } from '../measure/context.ts';
import { NOT_INSTALLED } from '../measure/peer.ts';
import { compare, unmeasured, voidUnlessQuiet, type Row } from '../measure/row.ts';
import { casbinDecisions } from './decision/casbin.ts';
import { cedarDecisions } from './decision/cedar.ts';
import { createDecisionCases, type DecisionCase } from './decision/decision-cases.ts';
import { rebornDecisions, type Decider } from './decision/reborn-decisions.ts';

const SEED = 51;
const GOAL = 0.5;

export const authorise: Group = {
  id: 'P5',
  async run({ plan }) {
    const cases = createDecisionCases(SEED);
    const cedar = await cedarDecisions(cases);
    const name = 'one decision of the authoriser ÷ the same by Cedar in WebAssembly, p50';
    if (cedar === undefined) return [unmeasured({ id: 'P5', name, goal: GOAL, better: 'lower' }, NOT_INSTALLED)];
    const casbin = await casbinDecisions(cases);
    const allowed = expectSameDecisions(cases, casbin === undefined ? [cedar] : [cedar, casbin]);
    const sides: Side[] = [
      decisions('cedar', cedar, cases),
      decisions('reborn', rebornDecisions, cases),
      decisions('cedar again', cedar, cases),
      ...(casbin === undefined ? [] : [beside(decisions('casbin', casbin, cases))]),
    ];
    const series = await alternate(sides, plan);
    const common = { baseline: 'cedar', metric: P50_US };
    const note = `${cases.length} questions of 12 grants each, ${allowed} of them allowed; the samples are of all of them`;
    const rows: Row[] = [compare(series, plan, { ...common, id: 'P5', name, subject: 'reborn', goal: GOAL, note })];
    if (casbin !== undefined) {
      const peer = { id: 'P5.casbin', name: 'the same by Casbin ÷ Cedar in WebAssembly, p50', subject: 'casbin' };
      rows.push(compare(series, plan, { ...common, ...peer }));
    }
    const control = { id: 'P5.control', name: 'A/A: Cedar ÷ Cedar', subject: 'cedar again' };
    return voidUnlessQuiet(plan, compare(series, plan, { ...common, ...control }), rows);
  },
};

/** Returns how many are allowed: neither none nor all. Errors: somebody who decides otherwise. */
function expectSameDecisions(cases: readonly DecisionCase[], others: readonly Decider[]): number {
  let allowed = 0;
  for (const question of cases) {
    const ours = rebornDecisions.prepare(question)();
    for (const other of others) {
      if (other.prepare(question)() !== ours)
        throw new Error(`A decision differs: ${JSON.stringify(question.request)}`);
    }
    if (ours) allowed += 1;
  }
  if (allowed === 0 || allowed === cases.length) throw new Error('The questions have all the same answer');
  return allowed;
}

/** An operation is every question once: a single decision is too short for a clock. */
function decisions(name: string, decider: Decider, cases: readonly DecisionCase[]): Side {
  const questions = cases.map((question) => decider.prepare(question));
  let allowed = 0;
  return {
    name,
    async work(minMs) {
      return repeatSync(minMs, () => {
        for (const ask of questions) if (ask()) allowed += 1;
      });
    },
    async verify() {
      if (allowed === 0) throw new Error(`${name} allowed nothing`);
    },
  };
}
