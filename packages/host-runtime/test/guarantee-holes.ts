/**
 * For each guarantee, a host in which the defence behind it is gone.
 *
 * Not here: the guarantees (`guarantee-answers.ts`, `guarantee-refusals.ts`), that they notice (`guarantees.test.ts`).
 */
import {
  gateMachine,
  getRecord,
  parseGateId,
  toCanonicalJson,
  type DurableStore,
  type JsonValue,
} from '@reborn/host-api';
import { wrapStore } from '@reborn/host-api/testkit';
import {
  SecretValue,
  type CallPolicy,
  type HandlerCall,
  type HostRuntime,
  type InvokeRequest,
  type Judgement,
} from '@reborn/host-runtime';
import type { Guarantee, Guarantees } from './guarantee.ts';
import {
  approvedIsExecuted,
  declinedCallThatStillRuns,
  forgedApproval,
  modelApprovingItself,
  twoParallelGates,
  wrongApprover,
} from './guarantee-answers.ts';
import { gateFailed, gateSaidNo, refusedAndWhy, tenantLost } from './guarantee-refusals.ts';
import { approveFor, blindTo, HOLES } from './hostile-holes.ts';
import { replacing, showing, type Hole } from './hole.ts';
import { tick } from './support.ts';

/** What a call leads to when an approval that is asked for is given by the door itself, where `if` says so. */
function approvesIf(may: (request: InvokeRequest, store: DurableStore) => boolean): Hole {
  return {
    door: (door, store) => {
      const through =
        (enter: HostRuntime['invokeCapability']): HostRuntime['invokeCapability'] =>
        async (request, options) => {
          const outcome = await enter(request, options);
          if (outcome.kind !== 'approval_required' || !may(request, store)) return outcome;
          await approveFor(door, store, [outcome.gateId]);
          return enter(request, options);
        };
      return {
        ...door,
        invokeCapability: through(door.invokeCapability),
        spawnCapability: through(door.spawnCapability),
      };
    },
  };
}

const believed = HOLES.forged['what an input says of its approval is believed'];

/** Approvals go by what was approved, and not by which call. */
const byLikeness: Hole = {
  door: (door, store) => {
    const approved = new Set<string>();
    const likes = ({ input }: InvokeRequest): boolean => approved.has(toCanonicalJson(input as JsonValue));
    const { invokeCapability = door.invokeCapability } = approvesIf(likes).door?.(door, store) ?? door;
    return {
      ...door,
      invokeCapability,
      resolveGate: async (request) => {
        const outcome = await door.resolveGate(request);
        if (outcome.kind === 'resolved') approved.add(toCanonicalJson(outcome.gate.input));
        return outcome;
      },
    };
  },
};

const handsOutAWay: Hole = {
  handler: (handler) => ({
    ...handler,
    run: (call) => handler.run({ ...call, approve: () => undefined } as HandlerCall),
  }),
};

const agentIsItsUser: Hole = {
  door: (door, store) => ({
    ...door,
    resolveGate: async (request) => {
      const row = await getRecord(store, gateMachine, parseGateId(request.gateId));
      const user = { kind: 'user', id: row?.receipt.scope.userId ?? '' } as const;
      return door.resolveGate(request.approver.kind === 'agent' ? { ...request, approver: user } : request);
    },
  }),
};

const forgetsDenials: Hole = {
  store: showing(gateMachine, (row) => (row['status'] === 'denied' ? undefined : row)),
};

/** The object of the caller is what is executed, as it is by then. */
function executesCallersObject(): Hole {
  let sent: unknown;
  return {
    door: (door) => ({
      ...door,
      invokeCapability: (request, options) => door.invokeCapability(((sent = request.input), request), options),
    }),
    handler: (handler) => ({ ...handler, run: (call) => handler.run({ ...call, input: sent as JsonValue }) }),
  };
}

/** Answers go to the first gate that waits, whichever they name. */
function answersByTool(): Hole {
  const waiting: string[] = [];
  return {
    door: (door) => ({
      ...door,
      invokeCapability: async (request, options) => {
        const outcome = await door.invokeCapability(request, options);
        if (outcome.kind === 'approval_required' && !waiting.includes(outcome.gateId)) waiting.push(outcome.gateId);
        return outcome;
      },
      resolveGate: (request) => door.resolveGate({ ...request, gateId: waiting.shift() ?? request.gateId }),
    }),
  };
}

const everybody: Hole = { options: { approvers: { mayResolve: () => true } } };

const judging = (
  judge: (policy: CallPolicy, ...asked: Parameters<CallPolicy['judge']>) => Promise<Judgement>,
): Hole => ({
  policy: (policy) => ({ ...policy, judge: (call) => judge(policy, call) }),
});
const SILENCE: Judgement = { verdicts: [], records: [], writes: [] };

const lastVerdictCounts = judging(async (policy, call) => {
  const judgement = await policy.judge(call);
  return { ...judgement, verdicts: judgement.verdicts.slice(-1) };
});

const failsOpen = judging(async (policy, call) => {
  const asked = policy.judge(call).catch(() => SILENCE);
  const judgement = await Promise.race([asked, tick().then(() => SILENCE)]);
  const isKnown = ({ kind }: { readonly kind: unknown }): boolean =>
    ['allow', 'approval', 'auth', 'deny'].some((known) => known === kind);
  return Array.isArray(judgement.verdicts) ? { ...judgement, verdicts: judgement.verdicts.filter(isKnown) } : SILENCE;
});

const noLimits: Hole = {
  budgets: (budgets) => replacing(budgets, { hold: () => Promise.resolve({ kind: 'unlimited' }) }),
};

const countsOnSecrets: Hole = {
  secrets: (secrets) =>
    replacing(secrets, {
      present: (_scope, handles) => Promise.resolve(new Set(handles)),
      read: () => Promise.resolve(new SecretValue('there is nothing')),
    }),
};

const oneTenant: Hole = {
  door: (door) => {
    const here = ({ context, ...request }: InvokeRequest): InvokeRequest => ({
      ...request,
      context: { ...context, scope: { ...context.scope, tenantId: 'acme' } },
    });
    return { ...door, invokeCapability: (request, options) => door.invokeCapability(here(request), options) };
  },
};

const losesAudit: Hole = {
  store: (store) =>
    wrapStore(store, {
      commit: (writes) =>
        store.commit(writes.filter((write) => write.kind !== 'append' || write.stream.family !== 'audit')),
    }),
};

/** One row: a guarantee, by its sentence, and where it does not hold. */
interface Unguarded {
  readonly guarantee: string;
  readonly where: string;
  readonly body: Guarantee;
  readonly hole: Hole;
}

function without(guarantees: Guarantees, holes: readonly (readonly [of: number, where: string, Hole])[]) {
  const all = Object.entries(guarantees);
  return holes.map(([of, where, hole]): Unguarded => {
    const [guarantee = '', body = () => Promise.resolve()] = all[of] ?? [];
    return { guarantee, where, body, hole };
  });
}

/** The number is the place of the guarantee in its class. */
export const UNGUARDED: readonly Unguarded[] = [
  ...without(forgedApproval, [
    [0, 'what an input says of its approval is believed', believed],
    [1, 'an approval serves whatever looks like what was approved', byLikeness],
  ]),
  ...without(modelApprovingItself, [
    [0, 'a capability is handed a way to a gate', handsOutAWay],
    [0, 'an agent answers in the name of its user', agentIsItsUser],
    [1, 'an agent answers in the name of its user', agentIsItsUser],
  ]),
  ...without(declinedCallThatStillRuns, [
    [0, 'a refusal is not read from the store', forgetsDenials],
    [1, 'a refusal is not read from the store', forgetsDenials],
  ]),
  ...without(approvedIsExecuted, [
    [0, 'the fingerprint of a call leaves its input out', { options: { digest: blindTo('input') } }],
    [1, 'the object of the caller is executed', executesCallersObject()],
    [2, 'an approval is not bound to the package', { options: { digest: blindTo('provider') } }],
  ]),
  ...without(wrongApprover, [
    [0, 'everybody may answer', everybody],
    [1, 'everybody may answer', everybody],
  ]),
  ...without(twoParallelGates, [[0, 'an answer goes to a tool, and not to a call', answersByTool()]]),
  ...without(gateSaidNo, [
    [0, 'the last verdict counts', lastVerdictCounts],
    [1, 'what goes on by itself is not asked about', approvesIf(() => true)],
    [2, 'nothing is held', noLimits],
  ]),
  ...without(gateFailed, [
    [0, 'a policy that fails says nothing', failsOpen],
    [1, 'a policy that fails says nothing', failsOpen],
    [2, 'a policy that fails says nothing', failsOpen],
    [3, 'a policy that fails says nothing', failsOpen],
    [4, 'secrets are taken to be there', countsOnSecrets],
    [4, 'nothing is held', noLimits],
  ]),
  ...without(tenantLost, [
    [0, 'everybody is of one tenant', oneTenant],
    [1, 'everybody is of one tenant', oneTenant],
  ]),
  ...without(refusedAndWhy, [
    [0, 'the audit is not kept', losesAudit],
    [1, 'the audit is not kept', losesAudit],
  ]),
];
