/**
 * One authoriser against the reference, on as many requests as one likes.
 *
 * Not here: the reference (`reference-authoriser.ts`), the requests (`random-authorization.ts`).
 */
import type { NetworkTarget } from '@reborn/host-api';
import { authorize, type Authorization, type AuthorizationRequest } from '../invoke/authorize.ts';
import { createRandomAuthorizations } from './random-authorization.ts';
import { REFERENCE_BRANCHES, referenceAuthorise } from './reference-authoriser.ts';

/** `authoriser` defaults to the one that hosts run. It stops at the first difference. */
export interface ComparisonOptions {
  readonly count: number;
  readonly seed: number;
  readonly authoriser?: (request: AuthorizationRequest) => Authorization;
}

/** `compared` counts the request that made the difference. */
export interface Comparison {
  readonly compared: number;
  readonly difference: AuthoriserDifference | undefined;
  /** How often each branch of the reference was taken; one that was not stands here with 0. */
  readonly reached: ReadonlyMap<string, number>;
}

/** As JSON, to be read. */
export interface AuthoriserDifference {
  readonly request: string;
  readonly expected: string;
  readonly found: string;
}

export function compareAuthorisers({ count, seed, authoriser = authorize }: ComparisonOptions): Comparison {
  const next = createRandomAuthorizations(seed);
  const reached = new Map(REFERENCE_BRANCHES.map((branch) => [branch, 0]));
  const reach = (branch: string): void => void reached.set(branch, (reached.get(branch) ?? Number.NaN) + 1);
  for (let compared = 1; compared <= count; compared += 1) {
    const request = next();
    const expected = toText(referenceAuthorise(request, reach));
    const found = toText(authoriser(request));
    if (found !== expected) {
      const shown = JSON.stringify({ ...request, uses: [...(request.uses ?? [])] });
      return { compared, difference: { request: shown, expected, found }, reached };
    }
  }
  return { compared: count, difference: undefined, reached };
}

/** The same text for what means the same: verdicts and secrets in any order, a target with what it leaves out. */
function toText({ verdicts, allowance }: Authorization): string {
  const said = verdicts.map((verdict) => `${verdict.kind} by ${verdict.by}: ${'code' in verdict ? verdict.code : ''}`);
  const left = allowance && {
    grant: allowance.grant,
    mounts: allowance.mounts,
    targets: allowance.targets?.map(completed),
    secrets: allowance.secrets.toSorted(),
    ceiling: Object.entries(allowance.ceiling).toSorted(([one], [other]) => (one < other ? -1 : 1)),
  };
  return JSON.stringify({ verdicts: said.toSorted(), left });
}

function completed({ scheme = 'https', host, port, private: isPrivate = false }: NetworkTarget): object {
  return { scheme, host, port: port ?? (scheme === 'https' ? 443 : 80), private: isPrivate };
}
