/**
 * The authoriser of the host against the reference, on requests drawn by chance. A case is one request; they are compared
 * by lots, each with a seed of its own.
 *
 * Not here: the reference and the requests (`@reborn/host-runtime/testkit`).
 */
import { compareAuthorisers } from '@reborn/host-runtime/testkit';
import { runCases, type AreaOptions, type AreaReport, type Case } from './trial/run-cases.ts';

/** Requests of one lot: few seconds of work. */
const LOT = 50_000;

export async function runAuthoriser({ count, seed, only, report }: AreaOptions): Promise<AreaReport> {
  const reached = new Map<string, number>();
  let compared = 0;
  const lots = Array.from({ length: Math.ceil(Math.max(1, count) / LOT) }, (_none, at): Case => ({
    name: `lot ${seed + at}.`,
    run: async ({ note }) => {
      const lot = compareAuthorisers({ count: Math.min(LOT, Math.max(1, count) - at * LOT), seed: seed + at });
      compared += lot.compared;
      for (const [branch, times] of lot.reached) reached.set(branch, (reached.get(branch) ?? 0) + times);
      await new Promise((resolve) => setImmediate(resolve));
      if (lot.difference === undefined) return [];
      note(lot.difference.request);
      return [`the reference says ${lot.difference.expected} and the host ${lot.difference.found}`];
    },
  }));
  const { failures } = await runCases(lots, { report, lanes: 1, ...(only === undefined ? {} : { only }) });
  const [rarest] = [...reached].toSorted(([, one], [, other]) => one - other);
  const notes = rarest === undefined ? [] : [`${reached.size} branches; the rarest, ${rarest[1]} times: ${rarest[0]}`];
  if (compared < LOT || rarest?.[1] !== 0) return { cases: compared, failures, notes };
  return { cases: compared, failures: [...failures, unreached(rarest[0])], notes };
}

function unreached(branch: string): AreaReport['failures'][number] {
  return { name: 'branches', sentences: [`no request led to "${branch}"`], kept: '' };
}
