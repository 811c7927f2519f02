/**
 * What follows from a judgement: the call is refused, waits at a gate, or holds what it needs and goes on. A refusal comes
 * before a missing credential, that before an approval, and that before a budget, so that nobody is asked in vain.
 *
 * Not here: saying so durably (`refusal.ts`, `../gate/open.ts`), going on (`execute.ts`).
 * Source: rulings, section 2, steps 6 to 9.
 */
import { isReadOnly, type GateKind, type GateRow, type SecretHandle } from '@reborn/host-api';
import type { BudgetBlock, BudgetHold } from '../budget/budgets.ts';
import type { Call } from './call.ts';
import type { RuntimeDependencies } from './dependencies.ts';
import type { JudgedInvocation } from './judge.ts';

/** A block by an account of the scope: a grant that is used up asks nobody. */
export type AccountBlock = BudgetBlock & { readonly axis: Exclude<BudgetBlock['axis'], 'grant'> };

/** A question that stands between the call and its effect. `block`: of a gate for a budget. */
export interface Question {
  readonly gateKind: GateKind;
  readonly asked: readonly string[];
  /** What earlier gates of the call have answered and still holds, each with the kind of its gate. */
  readonly granted: readonly string[];
  readonly credentials: readonly SecretHandle[];
  readonly block: AccountBlock | undefined;
}

export type Decision =
  | { readonly kind: 'deny'; readonly by: string; readonly code: string }
  | { readonly kind: 'ask'; readonly question: Question }
  | { readonly kind: 'go'; readonly hold: BudgetHold | undefined; readonly granted: readonly string[] };

/** The code under which a gate for credentials asks for secrets that are not there. */
export const CREDENTIAL_MISSING = 'credential_missing';
/** The codes under which a gate for a budget asks; only the first can be answered by letting the call go on. */
const BUDGET_CODES = { paused: 'budget_paused', exhausted: 'budget_exhausted' } as const;

/** `gate`: the answered gate that the call comes from, if its question still fits. */
export async function decide(
  dependencies: RuntimeDependencies,
  call: Call,
  judged: JudgedInvocation,
  gate: GateRow | undefined,
): Promise<Decision> {
  const { verdict, allowance } = judged;
  if (verdict.kind === 'deny') return { kind: 'deny', by: verdict.by, code: verdict.code };
  if (allowance === undefined) return { kind: 'deny', by: 'grants', code: 'missing_grant' };
  const unestimated = dependencies.budgets.unestimated(call.context.scope, judged.estimate);
  if (unestimated !== undefined) return { kind: 'deny', by: 'budget', code: 'budget_denied' };
  const granted = gate === undefined ? [] : grantedBy(gate);
  const open = (kind: GateKind, codes: readonly string[]): readonly string[] =>
    codes.filter((code) => !granted.includes(answerTo(kind, code)));
  const missing = await missingCredentials(dependencies, call, judged);
  const demanded = open('credentials', judged.demanded);
  const demands = new Set([...demanded, ...(missing.length > 0 ? [CREDENTIAL_MISSING] : [])]);
  if (demands.size > 0) return ask('credentials', [...demands].toSorted(), granted, missing);
  const asks = open('approval', judged.asked);
  if (asks.length > 0) return ask('approval', asks, granted);
  return reserve(dependencies, call, judged, granted);
}

/** The question of a budget that blocks a call whose other questions are answered. */
export function askForBudget(block: AccountBlock, granted: readonly string[]): Question {
  return { ...question('budget', [BUDGET_CODES[block.reason]], granted, []), block };
}

/** The question of a capability whose credentials the other side did not take. */
export function askForCredentials(handles: readonly SecretHandle[], granted: readonly string[]): Question {
  return question('credentials', ['credential_refused'], granted, handles);
}

export function isOfAccount(block: BudgetBlock): block is AccountBlock {
  return block.axis !== 'grant';
}

/** Step 9. */
async function reserve(
  dependencies: RuntimeDependencies,
  call: Call,
  judged: JudgedInvocation,
  granted: readonly string[],
): Promise<Decision> {
  const { estimate, allowance, plan } = judged;
  const { id, maxInvocations } = allowance?.grant ?? {};
  const held = await dependencies.budgets.hold({
    scope: call.context.scope,
    effectKey: call.effectKey,
    invocationId: call.invocationId,
    attempt: call.attempts + 1,
    estimate,
    reads: isReadOnly(plan.effects),
    overridden: granted.includes(answerTo('budget', BUDGET_CODES.paused)),
    ...(id === undefined || maxInvocations === undefined ? {} : { grant: { id, maxInvocations } }),
  });
  switch (held.kind) {
    case 'unlimited':
      return { kind: 'go', hold: undefined, granted };
    case 'held':
      return { kind: 'go', hold: held.hold, granted };
    case 'no_estimate':
      return { kind: 'deny', by: 'budget', code: 'budget_denied' };
    case 'blocked':
      // Somebody else has used the grant up meanwhile.
      if (!isOfAccount(held.block)) return { kind: 'deny', by: 'grants', code: 'missing_grant' };
      return { kind: 'ask', question: askForBudget(held.block, granted) };
  }
}

/** Step 7. The same secrets that the call will be lent. */
async function missingCredentials(
  { secrets }: RuntimeDependencies,
  call: Call,
  { plan, allowance }: JudgedInvocation,
): Promise<readonly SecretHandle[]> {
  const wanted = requiredHandles(plan.handler.descriptor.credentials ?? [], allowance?.secrets ?? []);
  if (wanted.length === 0) return [];
  if (secrets === undefined) return wanted;
  const present = await secrets.present(call.context.scope, wanted);
  return wanted.filter((handle) => !present.has(handle));
}

function requiredHandles(
  credentials: NonNullable<JudgedInvocation['plan']['handler']['descriptor']['credentials']>,
  allowed: readonly SecretHandle[],
): readonly SecretHandle[] {
  return credentials.flatMap(({ handle, required }) => (required && allowed.includes(handle) ? [handle] : []));
}

function grantedBy({ kind, asked, granted = [] }: GateRow): readonly string[] {
  return [...new Set([...granted, ...asked.map((code) => answerTo(kind, code))])].toSorted();
}

/** Hooks choose their codes: an answer about a credential is none about an approval or a budget of the same code. */
function answerTo(kind: GateKind, code: string): string {
  return `${kind}:${code}`;
}

function ask(
  gateKind: GateKind,
  asked: readonly string[],
  granted: readonly string[],
  credentials: readonly SecretHandle[] = [],
): Decision {
  return { kind: 'ask', question: question(gateKind, asked, granted, credentials) };
}

function question(
  gateKind: GateKind,
  asked: readonly string[],
  granted: readonly string[],
  credentials: readonly SecretHandle[],
): Question {
  return { gateKind, asked, granted, credentials, block: undefined };
}
