/** DBOS on a PostgreSQL server of its own: a workflow with one step that makes the call. */
import { createDatabase, startPostgres } from '@reborn/postgres-server';
import { Client } from 'pg';
import { loadPeer } from '../../measure/peer.ts';
import { createTexts } from '../../measure/supply.ts';
import { perform } from '../door.ts';
import type { PeerCalls } from './peer.ts';

type Workflow = (text: string) => Promise<{ readonly kept: string }>;

/** The part of it that is used. There is one of it in a process. */
interface Dbos {
  readonly DBOS: {
    setConfig(config: object): void;
    registerWorkflow(run: Workflow, options: { readonly name: string }): Workflow;
    runStep<T>(run: () => Promise<T>, options: { readonly name: string }): Promise<T>;
    launch(): Promise<void>;
    shutdown(): Promise<void>;
  };
}

let registered: Workflow | undefined;

export async function openDbos(): Promise<PeerCalls | undefined> {
  const loaded = await loadPeer<Dbos>('@dbos-inc/dbos-sdk');
  if (loaded === undefined) return undefined;
  const { DBOS } = loaded;
  const server = await startPostgres();
  const systemDatabaseUrl = await createDatabase(server.url);
  DBOS.setConfig({ name: 'bench', systemDatabaseUrl, logger: quiet() });
  registered ??= DBOS.registerWorkflow((text) => DBOS.runStep(() => perform({ text }), { name: 'keep' }), {
    name: 'call',
  });
  const workflow = registered;
  await DBOS.launch();
  const text = createTexts(512, 46);
  return {
    async call() {
      await workflow(text());
    },
    async count() {
      const client = new Client({ connectionString: systemDatabaseUrl });
      await client.connect();
      const { rows } = await client.query<{ count: string }>(
        `SELECT count(*) AS count FROM dbos.workflow_status WHERE status = 'SUCCESS'`,
      );
      await client.end();
      return Number(rows[0]?.count);
    },
    async close() {
      await DBOS.shutdown();
      await server.stop();
    },
  };
}

/** It tells a lot while it starts. */
function quiet() {
  const nothing = (): void => undefined;
  return { debug: nothing, info: nothing, warn: nothing, error: nothing };
}
