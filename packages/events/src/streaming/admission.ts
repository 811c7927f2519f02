/**
 * How many event streams may be open at once, in this process: in all, for a tenant, an actor and a scope.
 *
 * Not here: who may open one (`access.ts`).
 * Source: specification 1, A8.
 */
import {
  EVENT_STREAMS_MAX,
  EVENT_STREAMS_PER_ACTOR_MAX,
  EVENT_STREAMS_PER_SCOPE_MAX,
  EVENT_STREAMS_PER_TENANT_MAX,
} from '../limits.ts';
import type { AdmissionBound } from './event-stream.ts';

export type AdmissionLimits = Readonly<Record<AdmissionBound, number>>;

export const ADMISSION_LIMITS: AdmissionLimits = Object.freeze({
  global: EVENT_STREAMS_MAX,
  tenant: EVENT_STREAMS_PER_TENANT_MAX,
  actor: EVENT_STREAMS_PER_ACTOR_MAX,
  scope: EVENT_STREAMS_PER_SCOPE_MAX,
});

/** For whom: texts that are equal exactly for equal ones. Invariant: actors and scopes of two tenants differ. */
export interface Applicant {
  readonly tenant: string;
  readonly actor: string;
  readonly scope: string;
}

/** `release` gives the place back; a second call does nothing. */
export type Admission =
  | { readonly kind: 'admitted'; readonly release: () => void }
  | { readonly kind: 'full'; readonly bound: AdmissionBound; readonly limit: number };

export interface AdmissionDesk {
  admit(applicant: Applicant): Admission;
}

export function createAdmissionDesk(limits: AdmissionLimits): AdmissionDesk {
  const taken = new Map<string, number>();
  const change = (place: string, by: 1 | -1): void => {
    const count = (taken.get(place) ?? 0) + by;
    if (count === 0) taken.delete(place);
    else taken.set(place, count);
  };
  return {
    admit: ({ tenant, actor, scope }) => {
      const places = [
        ['global', 'global'],
        ['tenant', `tenant|${tenant}`],
        ['actor', `actor|${actor}`],
        ['scope', `scope|${scope}`],
      ] as const;
      const met = places.find(([bound, place]) => (taken.get(place) ?? 0) >= limits[bound]);
      if (met !== undefined) return { kind: 'full', bound: met[0], limit: limits[met[0]] };
      for (const [, place] of places) change(place, 1);
      let held = true;
      const release = (): void => {
        if (held) for (const [, place] of places) change(place, -1);
        held = false;
      };
      return { kind: 'admitted', release };
    },
  };
}
