/**
 * What one call is given for the way: the folders that its grant leaves, its secrets, and its only way out. All of it is
 * for this call, and worth nothing when the call is over.
 *
 * Not here: keeping secrets (`../secret/`), what the way out lets through (`../egress/`), whether all of this is allowed
 * (`authorize.ts`).
 * Source: specification 2, b.5 step 9; rulings, section 2.
 */
import type { HttpEgress, MountView } from '@reborn/host-api';
import type { LogRecord } from '@reborn/events';
import { createHttpEgress, type MeteredHttpEgress } from '../egress/http-egress.ts';
import { EGRESS_FACTS_MAX } from '../limits.ts';
import type { Redactor } from '../secret/redactor.ts';
import { stageSecrets, type LentSecrets } from '../secret/stage-secrets.ts';
import type { StagedSecrets } from '../secret/staged-secrets.ts';
import { boundaryRecord } from './boundary.ts';
import { recordBase, type Call } from './call.ts';
import type { RuntimeDependencies } from './dependencies.ts';
import type { JudgedInvocation } from './judge.ts';
import { deepFreeze } from './own-json.ts';

export interface Equipment {
  readonly mounts: MountView | undefined;
  readonly secrets: StagedSecrets | undefined;
  readonly http: HttpEgress | undefined;
  /** Knows the secrets that the call was lent. */
  readonly redactor: Redactor | undefined;
  readonly lentCount: number;
  /** Outbound request bytes so far. */
  egressBytes(): number;
  /** What happened at the way out, for the unit of the result. */
  facts(): readonly LogRecord[];
  /** Takes everything back at once, and resolves when nothing of it is under way any more. Idempotent; never rejects. */
  close(): Promise<void>;
}

/** `secret_missing`: one that the call needs went away since it was looked for. */
export async function equip(
  dependencies: RuntimeDependencies,
  call: Call,
  judged: JudgedInvocation,
): Promise<Equipment | 'secret_missing'> {
  const lent = await lend(dependencies, call, judged);
  if (lent === 'secret_missing') return lent;
  const facts: LogRecord[] = [];
  const wayOut = openWayOut(dependencies, call, judged, lent, (fact) => {
    if (facts.length < EGRESS_FACTS_MAX) facts.push(fact);
  });
  return {
    mounts: ownMounts(judged),
    secrets: lent?.staged,
    http: wayOut?.http,
    redactor: lent?.redactor,
    lentCount: lent?.count ?? 0,
    egressBytes: () => wayOut?.http.requestBytes ?? 0,
    facts: () => [...facts],
    close: () => {
      lent?.revoke();
      return wayOut?.close() ?? Promise.resolve();
    },
  };
}

/** Apart from the grant, which others hold too. */
function ownMounts({ plan, allowance }: JudgedInvocation): MountView | undefined {
  const mounts = allowance?.mounts;
  return mounts === plan.handler.mounts ? mounts : deepFreeze(structuredClone(mounts));
}

type Lent = LentSecrets & { readonly count: number };

async function lend(
  { secrets }: RuntimeDependencies,
  call: Call,
  { plan, allowance }: JudgedInvocation,
): Promise<Lent | 'secret_missing' | undefined> {
  const allowed = allowance?.secrets ?? [];
  const wanted = (plan.handler.descriptor.credentials ?? []).filter(({ handle }) => allowed.includes(handle));
  if (wanted.length === 0) return undefined;
  if (secrets === undefined) return wanted.some(({ required }) => required) ? 'secret_missing' : undefined;
  const staged = await stageSecrets(secrets, call.context.scope, wanted);
  return staged.kind === 'missing' ? 'secret_missing' : { ...staged.lent, count: staged.count };
}

/** `close` cancels what is under way, and resolves when that is told. */
interface WayOut {
  readonly http: MeteredHttpEgress;
  close(): Promise<void>;
}

/** `undefined` for a call that has none: its capability declares no network, or the host has none. */
function openWayOut(
  dependencies: RuntimeDependencies,
  call: Call,
  { plan, allowance }: JudgedInvocation,
  lent: Lent | undefined,
  note: (fact: LogRecord) => void,
): WayOut | undefined {
  const { network, profile, timers } = dependencies;
  if (network === undefined || profile.network === 'none' || !plan.effects.includes('network')) return undefined;
  const base = (): ReturnType<typeof recordBase> => recordBase(dependencies, call);
  const stop = new AbortController();
  const http = createHttpEgress({
    network,
    timers,
    signal: stop.signal,
    mode: profile.network,
    targets: allowance?.targets,
    lent,
    injectable: allowance?.secrets ?? [],
    egressBytesMax: allowance?.ceiling.egressBytes,
    onExchange: (fact) => note({ ...base(), kind: 'network_exchanged', ...fact }),
    onBoundary: (code) => note(boundaryRecord(dependencies, call, { boundary: 'egress', decision: 'blocked', code })),
  });
  const underWay = new Set<Promise<unknown>>();
  const watched = Object.freeze<MeteredHttpEgress>({
    get requestBytes() {
      return http.requestBytes;
    },
    request: (request) => {
      const sending = http.request(request);
      const over = (): void => void underWay.delete(sending);
      underWay.add(sending);
      sending.then(over, over);
      return sending;
    },
  });
  const close = async (): Promise<void> => {
    stop.abort();
    await Promise.allSettled(underWay);
  };
  return { http: watched, close };
}
