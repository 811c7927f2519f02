/** Deciding as the door does it: the grants of the scope are asked for, and the authoriser decides by them. */
import {
  createHostTrustPolicy,
  evaluateTrust,
  parseExtensionId,
  parseResourceScope,
  runtimeProfile,
} from '@reborn/host-api';
import { buildDescriptor } from '@reborn/host-api/testkit';
import type { GrantSource } from '@reborn/host-runtime';
import { authorize } from '@reborn/host-runtime/testkit';
import { repeat, type Side } from '../measure/block.ts';
import { isAllowed } from './decision/decision-cases.ts';

/** Decisions of one operation: a single one is too short for a clock. */
const DECISIONS = 256;

/** Every decision allows. */
export function authorisations(name: string, grants: GrantSource, tenants: number): Side {
  const descriptor = buildDescriptor({ id: 'notes.write' });
  const identity = { packageId: parseExtensionId('notes'), source: 'composed' } as const;
  const trust = evaluateTrust(
    createHostTrustPolicy([{ ...identity, trust: 'user_trusted', allowedEffects: ['write_filesystem'] }]),
    identity,
  );
  const profile = runtimeProfile('production');
  const scopes = Array.from({ length: DECISIONS }, (_, at) =>
    parseResourceScope({ tenantId: `tenant-${(at * 7919) % tenants}`, userId: 'alice', agentId: 'agent' }),
  );
  return {
    name,
    work: (minMs) =>
      repeat(minMs, async () => {
        for (const scope of scopes) {
          const found = await grants.grantsFor(scope, descriptor.id);
          const { verdicts } = authorize({ descriptor, scope, trust, grants: found, profile, nowMs: 1 });
          if (!isAllowed(verdicts)) throw new Error(`${name}: a call was refused`);
        }
      }),
  };
}
