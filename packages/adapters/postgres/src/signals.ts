/**
 * Waking other hosts up after commits, and being woken by theirs: one session listens and notifies. It is not needed for
 * anything to be right, only for it to be quick.
 *
 * Not here: making up for what is lost here (`safety-net.ts`), whom a change concerns (`CommitListeners`).
 */
import { parseJson, streamKeySchema, streamName, type StoreOpening, type StreamKey } from '@reborn/host-api';
import type { Notification, Session } from './driver.ts';
import { NOTIFICATION_BYTES_MAX, RECONNECT_PAUSE_MS_MAX, RECONNECT_PAUSE_MS_MIN, TELL_PAUSE_MS } from './limits.ts';
import type { TouchedStream } from './told-versions.ts';

/** What another host has said. `undefined`: something was committed, nobody knows what. */
export type Heard = readonly TouchedStream[] | undefined;

export interface SignalsOptions {
  readonly open: () => Promise<Session>;
  readonly timers: StoreOpening['timers'];
  /** Of this schema, for all hosts: a plain name. */
  readonly channel: string;
  readonly onHeard: (heard: Heard) => void;
}

export class Signals {
  readonly #options: SignalsOptions;
  #session: Session | undefined;
  /** What is still to be told. An empty list tells of commits that append nothing. */
  #untold: TouchedStream[] | undefined;
  #telling: Promise<void> | undefined;
  #cancelPause: (() => void) | undefined;
  #endRest: (() => void) | undefined;
  #closed = false;

  constructor(options: SignalsOptions) {
    this.#options = options;
  }

  /** Errors: those of opening a session. Later losses are mended without a word. */
  async start(): Promise<void> {
    const session = await this.#options.open();
    session.onNotification((notification) => this.#hear(session, notification));
    session.onLost(() => this.#restart(RECONNECT_PAUSE_MS_MIN));
    await session.query({ text: `LISTEN "${this.#options.channel}"` });
    if (this.#closed) return session.close();
    this.#session = session;
  }

  /** Tells the other hosts, together with whatever else is to be told by then. */
  tell(streams: readonly TouchedStream[]): void {
    (this.#untold ??= []).push(...streams);
    this.#telling ??= this.#tellAll();
  }

  /** What is still to be told is told first. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#cancelPause?.();
    this.#endRest?.();
    await this.#telling;
    await this.#session?.close();
  }

  async #tellAll(): Promise<void> {
    while (this.#untold !== undefined) {
      const payload = toPayload(this.#untold);
      this.#untold = undefined;
      try {
        const values = [this.#options.channel, payload];
        await this.#session?.query({ name: 'tell', text: 'SELECT pg_notify($1, $2)', values });
      } catch {
        // Whoever was to hear it looks by himself before long.
      }
      await this.#rest();
    }
    this.#telling = undefined;
  }

  async #rest(): Promise<void> {
    if (this.#closed) return;
    await new Promise<void>((resolve) => {
      const cancel = this.#options.timers.schedule(TELL_PAUSE_MS, resolve);
      this.#endRest = () => {
        cancel();
        resolve();
      };
    });
  }

  #hear(session: Session, { processId, payload }: Notification): void {
    if (processId !== session.processId) this.#options.onHeard(fromPayload(payload));
  }

  /** Whatever was said meanwhile was not heard. */
  #restart(pauseMs: number): void {
    this.#session = undefined;
    if (this.#closed) return;
    this.#cancelPause = this.#options.timers.schedule(pauseMs, () => {
      const again = (): void => this.#restart(Math.min(pauseMs * 2, RECONNECT_PAUSE_MS_MAX));
      void this.start().then(() => this.#options.onHeard(undefined), again);
    });
  }
}

/** Shape: `[family, tenant, kinds, versions]` for each stream, or nothing when that does not fit. */
function toPayload(untold: readonly TouchedStream[]): string {
  const merged = new Map<
    string,
    { readonly kinds: Set<string>; readonly versions: number[]; readonly key: StreamKey }
  >();
  for (const { stream: key, kinds, versions } of untold) {
    const name = streamName(key);
    const entry = merged.get(name) ?? { key, kinds: new Set(), versions: [] };
    for (const kind of kinds ?? []) entry.kinds.add(kind);
    entry.versions.push(...versions);
    merged.set(name, entry);
  }
  const told = [...merged.values()].map(({ key, kinds, versions }) => [key.family, key.tenantId, [...kinds], versions]);
  const payload = JSON.stringify(told);
  return Buffer.byteLength(payload) > NOTIFICATION_BYTES_MAX ? '' : payload;
}

/** Anybody who may connect to the database may notify: what has no form means that everybody looks. */
function fromPayload(payload: string): Heard {
  if (payload === '') return undefined;
  try {
    const told = parseJson(payload, 'notification');
    return Array.isArray(told) ? told.map(toTouched) : undefined;
  } catch {
    return undefined;
  }
}

function toTouched(told: unknown): TouchedStream {
  const [family, tenantId, kinds, versions]: readonly unknown[] = Array.isArray(told) ? told : [];
  const stream = streamKeySchema.parse({ family, tenantId });
  return {
    stream,
    kinds: Array.isArray(kinds) ? new Set(kinds.filter((kind) => typeof kind === 'string')) : undefined,
    versions: Array.isArray(versions) ? versions.filter((version) => Number.isSafeInteger(version)) : [],
  };
}
