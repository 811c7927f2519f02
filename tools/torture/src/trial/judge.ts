/**
 * Whether a store that was opened again holds what it promised: the invariants of the simulator, over a real store.
 *
 * Not here: the invariants (`@reborn/simulator`), what was asked (`oracle.ts`).
 */
import { createNodeDigest } from '@reborn/adapter-node';
import { createEventLog, readScopeByGrant } from '@reborn/events';
import { streamName, type DurableStore, type StreamKey } from '@reborn/host-api';
import { buildGrant } from '@reborn/host-api/testkit';
import {
  checkAcknowledged,
  checkAllOrNothing,
  checkChangeWithEvent,
  checkHeadAnchor,
  readStoreImage,
  tallyMachine,
  type History,
  type StoreImage,
} from '@reborn/simulator';
import { sha256Hex } from './sha256.ts';

const digest = createNodeDigest();

/** Returns sentences that begin with the invariant; none when all hold. Nobody writes meanwhile. */
export async function judge(store: DurableStore, history: History): Promise<readonly string[]> {
  const image = await readStoreImage(store, [tallyMachine.name]);
  return [
    ...judgeImage(history, image),
    ...(await verifyStreams(
      store,
      [...image.streams.values()].map(({ stream }) => stream),
    )),
  ];
}

export function judgeImage(history: History, image: StoreImage): readonly string[] {
  return [
    ...checkAcknowledged(history, image, sha256Hex),
    ...checkAllOrNothing(history, image),
    ...checkChangeWithEvent(image),
    ...checkHeadAnchor(history, image),
  ].map(({ invariant, sentence }) => `${invariant}: ${sentence}`);
}

/** What `verify` says about streams that are not intact. */
export async function verifyStreams(store: DurableStore, streams: readonly StreamKey[]): Promise<readonly string[]> {
  const log = createEventLog(store, { digest });
  const found: string[] = [];
  for (const stream of streams) {
    const grant = buildGrant({ capability: 'log.read', grantee: { kind: 'tenant', id: stream.tenantId } });
    const scope = readScopeByGrant(stream.tenantId, grant, 0);
    const outcome = await log.verify({ family: stream.family, scope });
    if (outcome.kind === 'intact') continue;
    found.push(`verify of ${streamName(stream)}: ${outcome.kind === 'broken' ? outcome.rule : outcome.kind}`);
  }
  return found;
}
