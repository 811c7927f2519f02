/** P11: what a host with many tenants pays for each of them, and for each call. */
import { staticGrants } from '@reborn/host-runtime';
import { alternate } from '../measure/alternate.ts';
import { borrowed, P50_US } from '../measure/block.ts';
import { askChild } from '../measure/child-process.ts';
import { scaled, type Context, type Group } from '../measure/context.ts';
import { compare, measured, type Row } from '../measure/row.ts';
import { memoryAnswerSchema } from '../child/measure-memory.ts';
import { authorisations } from './authorisations.ts';
import { createRequests, grantsOfTenants, openDoor, openDoorStore } from './door.ts';
import { callsThrough, complete } from './governed-calls.ts';

const MANY = 10_000;
const BYTES = 512;
const GROWTH_GOAL = 1.3;
const TENANT_BYTES_MAX = 4096;
const MEMORY_PAIRS = 3;
/** Calls in flight while every tenant makes its first one. */
const AT_ONCE = 128;

export const tenants: Group = {
  id: 'P11.tenants',
  async run(context) {
    const count = scaled(context, MANY);
    return [await invokeRow(context, count), await authoriseRow(context, count), await memoryRow(context, count)];
  },
};

async function invokeRow({ plan, folder, say }: Context, count: number): Promise<Row> {
  const one = await openDoorStore(folder.file('one.db'));
  const many = await openDoorStore(folder.file('many.db'));
  say(`  a first call of each of ${count} tenants`);
  const runtimeOfAll = openDoor(many, grantsOfTenants(count)).runtime;
  let next = -1;
  const first = createRequests('notes.write', BYTES, 52, () => next);
  const lane = async (): Promise<void> => {
    while ((next += 1) < count) await complete(runtimeOfAll, first());
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  let at = 0;
  const anybody = (): number => (at = (at + 7919) % count);
  const series = await alternate(
    [
      callsThrough('one', one, createRequests('notes.write', BYTES, 53)),
      callsThrough('many', many, createRequests('notes.write', BYTES, 53, anybody), grantsOfTenants(count)),
    ].map(borrowed),
    plan,
  );
  await Promise.all([one.close(), many.close()]);
  return compare(series, plan, {
    id: 'P11.invoke-tenants',
    name: `governed call of one of ${count} tenants ÷ of the only one, p50`,
    subject: 'many',
    baseline: 'one',
    metric: P50_US,
    goal: GROWTH_GOAL,
  });
}

async function authoriseRow({ plan }: Context, count: number): Promise<Row> {
  const sides = [1, count].map((tenants) => {
    const name = tenants === 1 ? 'one' : 'many';
    return authorisations(name, staticGrants(grantsOfTenants(tenants)), tenants);
  });
  const series = await alternate(sides, plan);
  return compare(series, plan, {
    id: 'P11.authorise-tenants',
    name: `finding the grants of one of ${count} tenants and deciding by them ÷ of the only one, p50`,
    subject: 'many',
    baseline: 'one',
    metric: P50_US,
    goal: GROWTH_GOAL,
    note: 'the samples are of 256 decisions',
  });
}

/**
 * What a process holds after as many calls of one tenant is its working size: only what many tenants add to it is theirs.
 */
async function memoryRow({ plan, folder }: Context, count: number): Promise<Row> {
  const grown = async (what: 'calls_of_many_tenants' | 'calls_of_one_tenant'): Promise<number> => {
    const task = { kind: 'memory', what, file: folder.file('memory.db'), count } as const;
    return memoryAnswerSchema.parse(await askChild(task)).grownBytes;
  };
  const perTenant: number[] = [];
  for (let pair = 0; pair < (plan.mode === 'full' ? MEMORY_PAIRS : 1); pair += 1) {
    const ofOne = await grown('calls_of_one_tenant');
    perTenant.push(((await grown('calls_of_many_tenants')) - ofOne) / count);
  }
  return measured(
    plan,
    {
      id: 'P11.memory-tenants-door',
      name: `memory that ${count} tenants with one governed call each take beyond one with as many, bytes a tenant`,
      goal: TENANT_BYTES_MAX,
      better: 'lower',
    },
    perTenant,
    'bytes a tenant',
  );
}
