/**
 * Looking now and then whether something was committed that nobody was told of: a notification is lost with the host that
 * was about to send it, or with the connection.
 *
 * Not here: the notifications (`signals.ts`).
 */
import { parseTenantId, streamFamilySchema, streamName, type StoreOpening } from '@reborn/host-api';
import type { Session } from './driver.ts';
import { TOUCHED_STREAMS_MAX } from './limits.ts';
import type { ReaderPool } from './reader-pool.ts';
import { fromKeyBytes } from './record-key.ts';
import type { Heard } from './signals.ts';
import type { ToldVersions, TouchedStream } from './told-versions.ts';

export interface SafetyNetOptions {
  readonly schema: string;
  readonly pool: ReaderPool;
  readonly timers: StoreOpening['timers'];
  readonly everyMs: number;
  readonly told: ToldVersions;
  readonly onHeard: (heard: Heard) => void;
}

/** All transactions below `xmin` had ended when it was taken. */
interface Look {
  readonly snapshot: string;
  readonly xmin: number;
}

interface LookRow extends Look {
  readonly family: string | null;
  readonly tenant: Uint8Array;
  readonly version: number;
}

export class SafetyNet {
  readonly #options: SafetyNetOptions;
  #last: Look | undefined;
  #cancel: (() => void) | undefined;

  constructor(options: SafetyNetOptions) {
    this.#options = options;
  }

  /** From here on nothing is missed. Errors: those of the session. */
  async prepare(session: Session): Promise<void> {
    [this.#last] = await readLook(session, this.#options.schema, undefined);
  }

  /** Idempotent. The first look comes after a while, and covers all since the one before. */
  start(): void {
    this.#cancel ??= this.#later();
  }

  /** Idempotent. */
  rest(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #later(): () => void {
    const { timers, everyMs } = this.#options;
    const cancel = timers.schedule(everyMs, () => {
      void this.#look().then(() => {
        if (this.#cancel === cancel) this.#cancel = this.#later();
      });
    });
    return cancel;
  }

  async #look(): Promise<void> {
    const { pool, schema } = this.#options;
    try {
      this.#compare(await pool.read((session) => readLook(session, schema, this.#last)));
    } catch {
      // Nobody can be told of what cannot be read; the next look comes.
    }
  }

  #compare(rows: readonly LookRow[]): void {
    const [now] = rows;
    const before = this.#last;
    if (now === undefined || this.#cancel === undefined) return;
    this.#last = { snapshot: now.snapshot, xmin: now.xmin };
    if (before?.snapshot === now.snapshot) return;
    const touched = rows.flatMap(toTouched);
    const { told, onHeard } = this.#options;
    const missed = touched.filter(({ stream, versions }) =>
      versions.some((version) => told.misses(streamName(stream), version)),
    );
    onHeard(touched.length > TOUCHED_STREAMS_MAX ? undefined : missed);
  }
}

/** Which streams were touched by transactions that may have ended since the last look, all as of one moment. */
function readLook(session: Session, schema: string, last: Look | undefined): Promise<readonly LookRow[]> {
  return session.query<LookRow>({
    text: `SELECT l.*, t.family, t.tenant, t.version
      FROM (SELECT pg_current_snapshot()::text AS snapshot,
        pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS xmin,
        pg_snapshot_xmax(pg_current_snapshot())::text::bigint AS xmax) AS l
      LEFT JOIN LATERAL (SELECT family, tenant, version FROM ${schema}.stream
        WHERE touched >= $1::bigint AND touched < l.xmax LIMIT ${TOUCHED_STREAMS_MAX + 1}) AS t ON true`,
    values: [last?.xmin ?? Number.MAX_SAFE_INTEGER],
  });
}

function toTouched({ family, tenant, version }: LookRow): readonly TouchedStream[] {
  if (family === null) return [];
  const stream = { family: streamFamilySchema.parse(family), tenantId: parseTenantId(fromKeyBytes(tenant)) };
  return [{ stream, kinds: undefined, versions: [version] }];
}
