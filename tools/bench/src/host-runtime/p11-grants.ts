/** P11: deciding when a tenant has many grants. */
import { parseCapabilityGrant, type CapabilityGrant } from '@reborn/host-api';
import { staticGrants } from '@reborn/host-runtime';
import { alternate } from '../measure/alternate.ts';
import { P50_US } from '../measure/block.ts';
import type { Group } from '../measure/context.ts';
import { compare } from '../measure/row.ts';
import { authorisations } from './authorisations.ts';
import { grantsOfTenants, ids } from './door.ts';

const FEW = 10;
const MANY = 10_000;

export const grants: Group = {
  id: 'P11.grants',
  async run({ plan }) {
    const sides = [FEW, MANY].map((count) => authorisations(String(count), staticGrants(grantsOfOneTenant(count)), 1));
    const series = await alternate(sides, plan);
    return [
      compare(series, plan, {
        id: 'P11.authorise-grants',
        name: `finding the grants of a tenant that has ${MANY} and deciding by them ÷ of one that has ${FEW}, p50`,
        subject: String(MANY),
        baseline: String(FEW),
        metric: P50_US,
        goal: 1.5,
        note: 'the samples are of 256 decisions',
      }),
    ];
  },
};

/** Half of the others are for the same capability and other people, half for other capabilities and everybody. */
function grantsOfOneTenant(count: number): readonly CapabilityGrant[] {
  const own = grantsOfTenants(1);
  const others = Array.from({ length: count - own.length }, (_, at) =>
    parseCapabilityGrant({
      id: ids.uuid(),
      capability: at % 2 === 0 ? 'notes.write' : `notes.other-${at}`,
      grantee: at % 2 === 0 ? { kind: 'user', id: `user-${at}` } : { kind: 'tenant', id: 'tenant-0' },
      issuedBy: { kind: 'host' },
      allowedEffects: ['write_filesystem'],
    }),
  );
  return [...others, ...own];
}
