/**
 * The door as it is measured: on a store of somebody's choice, with one capability that has an effect and one that reads.
 *
 * Not here: sides of a comparison (`governed-calls.ts`).
 */
import { createNodeClock, createNodeDigest, createNodeIds, createNodeTimers } from '@reborn/adapter-node';
import { sqlite } from '@reborn/adapter-sqlite';
import {
  createHostTrustPolicy,
  gateMachine,
  idempotencyMachine,
  leaseMachine,
  limiterMachine,
  parseCapabilityGrant,
  parseExecutionContext,
  parseExtensionId,
  reservationMachine,
  type CapabilityGrant,
  type DurableStore,
  type StoreOpening,
} from '@reborn/host-api';
import {
  createHostRuntime,
  defineTool,
  staticGrants,
  type HostRuntime,
  type InvokeRequest,
} from '@reborn/host-runtime';
import { runMachine } from '@reborn/turns';
import { z } from 'zod';
import { createTexts } from '../measure/supply.ts';

export type Capability = 'notes.write' | 'notes.read';

export const clock = createNodeClock();
export const timers = createNodeTimers();
export const ids = createNodeIds();

export const DOOR_OPENING: StoreOpening = {
  machines: [leaseMachine, gateMachine, idempotencyMachine, limiterMachine, reservationMachine, runMachine],
  clock,
  timers,
};

export interface Door {
  readonly runtime: HostRuntime;
  /** How often something was really done. */
  executed(): number;
}

/** What a call is about: a text goes in, and comes back. */
export interface Note {
  readonly text: string;
}

/** The call itself, without anybody who governs it. */
export async function perform({ text }: Note): Promise<{ readonly kept: string }> {
  return { kept: text };
}

export function openDoorStore(file: string): Promise<DurableStore> {
  return sqlite(file).open(DOOR_OPENING);
}

/** A posture that asks nobody. `grants` default to both capabilities for the first tenant. */
export function openDoor(store: DurableStore, grants: readonly CapabilityGrant[] = grantsOfTenants(1)): Door {
  let executed = 0;
  const run = (note: Note): ReturnType<typeof perform> => {
    executed += 1;
    return perform(note);
  };
  const input = z.strictObject({ text: z.string() });
  const about = { input, permission: 'allow', run } as const;
  const runtime = createHostRuntime({
    store,
    clock,
    timers,
    ids,
    digest: createNodeDigest(),
    profile: 'production',
    trust: createHostTrustPolicy([
      {
        packageId: parseExtensionId('notes'),
        source: 'composed',
        trust: 'user_trusted',
        allowedEffects: ['read_filesystem', 'write_filesystem'],
      },
    ]),
    grants: staticGrants(grants),
    capabilities: [
      defineTool({ ...about, id: 'notes.write', description: 'Writes a note.', effects: ['write_filesystem'] }),
      defineTool({ ...about, id: 'notes.read', description: 'Reads a note.', effects: ['read_filesystem'] }),
    ],
  });
  return { runtime, executed: () => executed };
}

/** Both capabilities for each of that many tenants. */
export function grantsOfTenants(tenants: number): readonly CapabilityGrant[] {
  return Array.from({ length: tenants }, (_, at) =>
    ['notes.write', 'notes.read'].map((capability) =>
      parseCapabilityGrant({
        id: ids.uuid(),
        capability,
        grantee: { kind: 'tenant', id: `tenant-${at}` },
        issuedBy: { kind: 'host' },
        allowedEffects: ['read_filesystem', 'write_filesystem'],
      }),
    ),
  ).flat();
}

/** Calls with a text of that many bytes, each under an identity of its own. `tenant`: in whose name, by its number. */
export function createRequests(
  capabilityId: Capability,
  bytes: number,
  seed: number,
  tenant: () => number = () => 0,
): () => InvokeRequest {
  const text = createTexts(bytes, seed);
  return () => ({
    context: parseExecutionContext({
      invocationId: ids.uuid(),
      correlationId: ids.uuid(),
      scope: { tenantId: `tenant-${tenant()}`, userId: 'alice', agentId: 'agent', threadId: 'thread-1' },
    }),
    capabilityId,
    input: { text: text() },
  });
}
