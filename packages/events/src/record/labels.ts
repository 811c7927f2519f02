/** By what a record can be found: the axes of its owner, the ids of its run, call and correlation, what and who it is about. */
import { LABELS, principalSchema, type Labels, type Principal } from '@reborn/host-api';

export function toLabels(source: Labels): Labels {
  const found: Partial<Record<(typeof LABELS)[number], string>> = {};
  for (const label of LABELS) {
    const value = source[label];
    if (value !== undefined) found[label] = value;
  }
  return found;
}

/** The label of somebody who acted: `kind:id`, or `host`. Injective: no kind holds a colon. */
export function toActorId(principal: Principal): string {
  return 'id' in principal ? `${principal.kind}:${principal.id}` : principal.kind;
}

/** The actor of a record. Authors of verdicts are stages of the host and no actors. */
export function actorOf(by: unknown): string | undefined {
  const principal = principalSchema.safeParse(by);
  return principal.success ? toActorId(principal.data) : undefined;
}
