/**
 * Hosts without one of their defences against answers that should not count.
 *
 * Not here: what has to be found in them (`hostile-answers.test.ts`).
 */
import {
  defineMachine,
  gateMachine,
  getRecord,
  idempotencyMachine,
  parseGateId,
  portableDigest,
  type DigestPort,
  type DurableStore,
  type JsonObject,
  type StoredMachine,
} from '@reborn/host-api';
import { wrapStore } from '@reborn/host-api/testkit';
import type { HostRuntime } from '@reborn/host-runtime';
import { showing } from './hole.ts';
import type { SiegeHole } from './hostile-answers.ts';

type Decide<Machine extends { readonly decide: unknown }> = Machine['decide'];
type Edges<Machine extends { readonly transitions: unknown }> = Machine['transitions'];

/** The gate with other edges, or another function that decides. */
function gateThat(
  more: Edges<typeof gateMachine>,
  decide: (own: Decide<typeof gateMachine>) => Decide<typeof gateMachine> = (own) => own,
): StoredMachine {
  const transitions = [...gateMachine.transitions, ...more];
  return defineMachine({ ...gateMachine, transitions, decide: decide(gateMachine.decide) });
}

function effectThat(
  more: Edges<typeof idempotencyMachine>,
  decide: (own: Decide<typeof idempotencyMachine>) => Decide<typeof idempotencyMachine> = (own) => own,
): StoredMachine {
  const transitions = [...idempotencyMachine.transitions, ...more];
  return defineMachine({ ...idempotencyMachine, transitions, decide: decide(idempotencyMachine.decide) });
}

/** Fingerprints that leave a part of what is bound out. */
export function blindTo(part: string): DigestPort {
  return {
    sha256Hex: (bytes) => {
      const text = new TextDecoder().decode(bytes);
      if (!text.startsWith('{') || !text.includes(`"${part}"`)) return portableDigest.sha256Hex(bytes);
      const { [part]: _, ...rest } = JSON.parse(text) as JsonObject;
      return portableDigest.sha256Hex(new TextEncoder().encode(JSON.stringify(rest)));
    },
  };
}

/** Answers these gates in the name of those who may. */
export async function approveFor(door: HostRuntime, store: DurableStore, gates: unknown): Promise<void> {
  for (const gate of Array.isArray(gates) ? gates : []) {
    const row = await getRecord(store, gateMachine, parseGateId(gate));
    if (row === undefined) continue;
    const { tenantId, userId } = row.receipt.scope;
    const approver = { kind: 'user', id: userId } as const;
    await door.resolveGate({ tenantId, gateId: row.gateId, approver, decision: 'approve' });
  }
}

const last = { gateId: undefined as string | undefined };

export const HOLES = {
  forged: {
    'what an input says of its approval is believed': {
      door: (door, store) => ({
        ...door,
        invokeCapability: async (request, options) => {
          const input = request.input as { readonly approved?: boolean; readonly gates?: unknown };
          await approveFor(door, store, input.gates);
          const outcome = await door.invokeCapability(request, options);
          if (outcome.kind !== 'approval_required' || input.approved !== true) return outcome;
          await approveFor(door, store, [outcome.gateId]);
          return door.invokeCapability(request, options);
        },
      }),
    },
    'what an output says of approvals is believed': {
      door: (door, store) => ({
        ...door,
        invokeCapability: async (request, options) => {
          const outcome = await door.invokeCapability(request, options);
          if (outcome.kind === 'completed') await approveFor(door, store, (outcome.output as JsonObject)['gates']);
          return outcome;
        },
      }),
    },
    'an identity that nobody was given leads to the newest gate': {
      store: (store) =>
        wrapStore(store, {
          commit: (writes) => {
            for (const write of writes) {
              if (write.kind === 'transition' && write.command['trigger'] === 'open') last.gateId = write.key;
            }
            return store.commit(writes);
          },
          get: async (machine, key) => {
            const row = await store.get(machine, key);
            if (row !== undefined || machine !== gateMachine.name || last.gateId === undefined) return row;
            return store.get(machine, last.gateId);
          },
        }),
    },
  },
  stale: {
    'the clock is not looked at': {
      machines: [gateThat([], (own) => (row, command, context) => own(row, command, { ...context, nowMs: 0 }))],
      store: showing(gateMachine, (row) => ({
        ...row,
        receipt: { ...(row['receipt'] as JsonObject), expiresAtMs: 2 ** 52 },
      })),
    },
    'an approval is not bound to the capability': { options: { digest: blindTo('descriptor') } },
    'an approval is not bound to the package': { options: { digest: blindTo('provider') } },
    'an approval is not bound to what the grant leaves': { options: { digest: blindTo('allowed') } },
    'an approval is not bound to the trust': { options: { digest: blindTo('trust') } },
    'an approval is not bound to the hooks': { options: { digest: blindTo('hooks') } },
    'an approval is not bound to the posture': { options: { digest: blindTo('profile') } },
    'an approval is not bound to what the call may cost': { options: { digest: blindTo('estimate') } },
  },
  replayed: {
    'an answer is used, and not used up': {
      machines: [
        gateThat(
          [],
          (own) => (row, command, context) =>
            command.trigger === 'consume' ? { kind: 'keep' } : own(row, command, context),
        ),
        effectThat(
          [],
          (own) => (row, command, context) =>
            command.trigger === 'intend' || command.trigger === 'settle'
              ? { kind: 'keep' }
              : own(row, command, context),
        ),
      ],
    },
    'an effect is forgotten once it has happened': {
      machines: [
        effectThat([{ from: 'intended', trigger: 'settle', to: 'open' }], (own) => (row, command, context) => {
          const decided = own(row, command, context);
          if (decided.kind !== 'write' || decided.row.status !== 'settled') return decided;
          const { outcome: _, ...rest } = decided.row;
          return { kind: 'write', row: { ...rest, status: 'open' } };
        }),
      ],
    },
    'a gate that was denied can be answered again': {
      machines: [gateThat([{ from: 'denied', trigger: 'approve', to: 'approved' }])],
      store: showing(gateMachine, (row) => {
        const { resolution: _, ...rest } = row;
        return row['status'] === 'denied' ? { ...rest, status: 'open' } : row;
      }),
    },
    'an answer that was taken back still counts': {
      machines: [
        gateThat(
          [],
          (own) => (row, command, context) =>
            command.trigger === 'revoke' ? { kind: 'keep' } : own(row, command, context),
        ),
      ],
    },
    'what the caller sends is executed, and not what was approved': { executes: (sent) => sent },
  },
  crossed: {
    'the tenant of an answer is taken from its gate': {
      door: (door, store) => ({
        ...door,
        resolveGate: async (request) => {
          const row = await getRecord(store, gateMachine, parseGateId(request.gateId));
          return door.resolveGate({ ...request, tenantId: row?.receipt.scope.tenantId ?? request.tenantId });
        },
      }),
    },
    'everybody may answer': { options: { approvers: { mayResolve: () => true } } },
    'everything that has the right name may answer': {
      options: { approvers: { mayResolve: ({ scope }, approver) => 'id' in approver && approver.id === scope.userId } },
    },
  },
  raced: {
    'the last answer counts': {
      machines: [
        gateThat([
          { from: 'approved', trigger: 'approve', to: 'approved' },
          { from: 'approved', trigger: 'deny', to: 'denied' },
          { from: 'denied', trigger: 'approve', to: 'approved' },
          { from: 'denied', trigger: 'deny', to: 'denied' },
        ]),
      ],
    },
    'two hosts use one answer': {
      machines: [
        gateThat([{ from: 'consumed', trigger: 'consume', to: 'consumed' }]),
        effectThat([{ from: 'intended', trigger: 'intend', to: 'intended' }], (own) => (row, command, context) => {
          if (command.trigger !== 'intend') return own(row, command, context);
          const { attempts: _, ...known } = command;
          return own(row, known, context);
        }),
      ],
    },
    'an answer may be taken back while it is used': {
      machines: [
        gateThat([
          { from: 'revoked', trigger: 'consume', to: 'consumed' },
          { from: 'consumed', trigger: 'revoke', to: 'revoked' },
        ]),
      ],
    },
  },
} as const satisfies Readonly<Record<string, Readonly<Record<string, SiegeHole>>>>;
