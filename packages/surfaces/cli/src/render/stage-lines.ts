/** The stages of one call for people: who said what of what. Digests are shown by their first digits. */
import type { Digest } from '@reborn/host-api';
import type { CallStage } from '@reborn/reborn';
import { amounts, whoIs } from './happening-line.ts';
import type { Line } from './style.ts';

const STAGE_COLUMNS = 11;
/** Digests begin with `sha256:`. */
const DIGEST_PREFIX = 7;
const DIGEST_DIGITS = 12;

/** Shape: the stage, then each change that it made to the input. */
export function stageLines(stage: CallStage): readonly Line[] {
  const { said, by, codes = [], attempt, gateId, changes = [], effect, count } = stage;
  const words = [
    said,
    by === undefined ? '' : `by ${typeof by === 'string' ? by : whoIs(by)}`,
    codes.length === 0 ? '' : `(${codes.join(', ')})`,
    attempt === undefined ? '' : `attempt ${attempt}`,
    effect === undefined ? '' : `effect ${effect}`,
    count === undefined ? '' : `secrets ${count}`,
    amounts(stage.amounts ?? {}),
    gateId === undefined ? '' : `gate ${gateId}`,
    ...digestsOf(stage),
  ];
  const head = faint(`${stage.stage.padEnd(STAGE_COLUMNS)}  ${words.filter((word) => word !== '').join('  ')}`);
  const changed = changes.map(({ op, path, before, after }) => {
    const [from, to] = [before, after].map((value) => value ?? '…');
    const values = op === 'add' ? to : op === 'remove' ? from : `${from} -> ${to}`;
    return faint(`${'-'.padEnd(STAGE_COLUMNS)}  ${op} ${path}: ${values}`);
  });
  return [head, ...changed];
}

function digestsOf({ beforeDigest, inputDigest, authorityDigest, outputDigest }: CallStage): readonly string[] {
  const short = (name: string, digest: Digest | undefined): string =>
    digest === undefined ? '' : `${name} ${digest.slice(DIGEST_PREFIX, DIGEST_PREFIX + DIGEST_DIGITS)}`;
  return [
    short('before', beforeDigest),
    short('input', inputDigest),
    short('authority', authorityDigest),
    short('output', outputDigest),
  ];
}

function faint(text: string): Line {
  return { label: '', text, tone: 'faint' };
}
