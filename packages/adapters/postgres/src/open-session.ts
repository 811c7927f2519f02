/**
 * From an endpoint to a session that keeps the promises of the store: settings are given, asked back, and refused.
 *
 * Not here: the tables (`migrate.ts`), making a lost session anew (`writer.ts`, `reader-pool.ts`, `signals.ts`).
 */
import type { Connect, Endpoint, Session } from './driver.ts';
import { unsuitable } from './errors.ts';
import { SERVER_VERSION_MIN, TRANSACTION_IDLE_MS_MAX } from './limits.ts';

/** What a session is for. `signal`: it writes nothing but notifications, which nobody has to sync. */
export type Purpose = 'write' | 'read' | 'signal';

export type OpenSession = (purpose: Purpose) => Promise<Session>;

/** Plans go by index whatever the statistics of a young table say. */
const BY_INDEX = { enable_seqscan: 'off', enable_hashjoin: 'off', enable_mergejoin: 'off' };

const SETTINGS: Readonly<Record<Purpose, Readonly<Record<string, string>>>> = {
  write: {
    synchronous_commit: 'on',
    default_transaction_isolation: 'read committed',
    idle_in_transaction_session_timeout: String(TRANSACTION_IDLE_MS_MAX),
    ...BY_INDEX,
  },
  read: { default_transaction_read_only: 'on', enable_seqscan: 'off' },
  signal: { synchronous_commit: 'off' },
};
const ALWAYS = {
  jit: 'off',
  client_min_messages: 'error',
  bytea_output: 'hex',
  extra_float_digits: '1',
  search_path: '',
};

interface ServerState {
  readonly version: number;
  readonly encoding: string;
  readonly fsync: string;
  readonly full_page_writes: string;
  readonly synchronous_commit: string;
  readonly standby: boolean;
}

/** Errors of what it makes: `host-api/store_unsuitable`; `EngineFailure`. */
export function createOpenSession(connect: Connect, endpoint: Endpoint): OpenSession {
  return async (purpose) => {
    const session = await connect(endpoint, { ...ALWAYS, ...SETTINGS[purpose] });
    try {
      await assertSuitable(session, purpose);
      return session;
    } catch (error) {
      await session.close();
      throw error;
    }
  };
}

/** Asked of every session anew: behind one name another server may answer by now. */
async function assertSuitable(session: Session, purpose: Purpose): Promise<void> {
  const [state] = await session.query<ServerState>({
    text: `SELECT current_setting('server_version_num')::int AS version,
      current_setting('server_encoding') AS encoding, current_setting('fsync') AS fsync,
      current_setting('full_page_writes') AS full_page_writes,
      current_setting('synchronous_commit') AS synchronous_commit, pg_is_in_recovery() AS standby`,
  });
  if (state === undefined || state.version < SERVER_VERSION_MIN) {
    throw unsuitable({ rule: 'needs PostgreSQL 15 or later', engine: state?.version ?? 0 });
  }
  if (state.encoding !== 'UTF8') throw unsuitable({ setting: 'server_encoding' });
  if (state.standby) throw unsuitable({ rule: 'the server is a standby' });
  for (const setting of ['fsync', 'full_page_writes'] as const) {
    if (state[setting] !== 'on') throw unsuitable({ setting });
  }
  if (purpose === 'write' && state.synchronous_commit !== 'on') throw unsuitable({ setting: 'synchronous_commit' });
}
