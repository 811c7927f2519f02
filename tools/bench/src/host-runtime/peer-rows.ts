/**
 * Others beside P4 and P4c. Their durability is counted, not believed: who syncs less than once a call is shown without a
 * ratio.
 *
 * Not here: what they do (`peer/`).
 * Source: design/measures.md, E2.3.
 */
import { alternate } from '../measure/alternate.ts';
import { PER_SECOND, repeat, type Side } from '../measure/block.ts';
import type { Context, Group } from '../measure/context.ts';
import { crowd } from '../measure/crowd.ts';
import { NOT_INSTALLED } from '../measure/peer.ts';
import { compare, rounded, unmeasured, unscored, type Row } from '../measure/row.ts';
import { traceSyncs } from '../measure/syncs.ts';
import { bareCalls } from './bare-calls.ts';
import { createRequests } from './door.ts';
import { CALLERS } from './p4c-many-callers.ts';
import { openPeer, PEER_CALLS, peerKindSchema, type PeerKind } from './peer/open-peer.ts';
import { sameRowCalls } from './same-rows.ts';

const BYTES = 512;
const SYNC_CALLS = 50;

/** Beside P4: one caller. */
export const peersOfOneCaller: Group = {
  id: 'peers.P4',
  run: (context) => beside(context, { id: 'P4', callers: 1, against: 'bare call and two durable inserts' }),
};

/** Beside P4c: many in flight. In memory there is nothing to share. */
export const peersOfManyCallers: Group = {
  id: 'peers.P4c',
  run: (context) => beside(context, { id: 'P4c', callers: CALLERS, against: 'group commit written by hand' }),
};

/** `syncs`: of one call. `undefined`: nobody could count them. */
interface OpenedPeer {
  readonly kind: PeerKind;
  readonly side: Side;
  readonly syncs: number | undefined;
}

interface What {
  readonly id: string;
  readonly callers: number;
  readonly against: string;
}

async function beside(context: Context, what: What): Promise<readonly Row[]> {
  const { plan, folder } = context;
  const { id, callers } = what;
  const make = createRequests('notes.write', BYTES, 48);
  const kinds = peerKindSchema.options.filter((kind) => callers === 1 || kind !== 'ai-sdk');
  const peers: OpenedPeer[] = [];
  const missing: Row[] = [];
  for (const kind of kinds) {
    const side = await peerSide(context, kind, callers);
    if (side === undefined)
      missing.push(unmeasured({ id: `${id}.${kind}`, name: PEER_CALLS[kind].name }, NOT_INSTALLED));
    else peers.push({ kind, side, syncs: await syncsOf(context, kind) });
  }
  if (peers.length === 0) return missing;
  const baseline =
    callers === 1
      ? await bareCalls('baseline', folder.file('bare.db'), make)
      : await sameRowCalls('baseline', folder.file('hand.db'), callers, make);
  const series = await alternate([baseline, ...peers.map(({ side }) => side)], plan);
  const rows = peers.map((peer): Row => {
    const { name, note } = PEER_CALLS[peer.kind];
    const about = { id: `${id}.${peer.kind}`, name: `${name}${callers === 1 ? '' : `, ${callers} in flight`}` };
    const counted = peer.syncs === undefined ? 'syncs not counted' : `${peer.syncs} syncs a call`;
    const shown = { ...about, subject: peer.side.name, metric: PER_SECOND, note: `${note}; ${counted}` };
    if (peer.syncs === undefined || peer.syncs < 1) return unscored(series, plan, shown);
    return compare(series, plan, { ...shown, name: `${about.name} ÷ ${what.against}`, baseline: 'baseline' });
  });
  return [...rows, ...missing];
}

async function peerSide({ folder }: Context, kind: PeerKind, callers: number): Promise<Side | undefined> {
  const { name } = PEER_CALLS[kind];
  const peer = await openPeer(kind, folder.file(`${kind}.db`));
  if (peer === undefined) return undefined;
  let made = 0;
  const call = async (): Promise<void> => {
    made += 1;
    await peer.call();
  };
  return {
    name,
    work: (minMs) => (callers === 1 ? repeat(minMs, call) : crowd(callers, minMs, call)),
    async verify() {
      const count = await peer.count();
      if (count !== made) throw new Error(`${name}: ${count} of ${made} calls are there`);
    },
    close: () => peer.close(),
  };
}

/** One after the other, so that no two share a sync. */
async function syncsOf(context: Context, kind: PeerKind): Promise<number | undefined> {
  if (kind === 'ai-sdk') return 0;
  const file = context.folder.file(`${kind}-syncs.db`);
  const traced = await traceSyncs(context, { kind: 'peer', peer: kind, file, calls: SYNC_CALLS });
  return traced.kind === 'unknown' ? undefined : rounded(traced.count.commits / SYNC_CALLS);
}
