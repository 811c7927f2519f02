/**
 * Runs the groups of an area and collects their rows.
 *
 * Not here: the command line (`main.ts`), what is measured (`events/`, `host-runtime/`).
 */
import type { Plan } from './measure/alternate.ts';
import type { Context, Group } from './measure/context.ts';
import { probeDisk } from './measure/disk-probe.ts';
import { describeMachine, describeVersions } from './measure/machine.ts';
import { unmeasured, type Result, type Row } from './measure/row.ts';
import { makeWorkFolder } from './measure/work-folder.ts';
import { EVENTS_GROUPS, EVENTS_PACKAGES } from './events/area.ts';
import { HOST_RUNTIME_GROUPS, HOST_RUNTIME_PACKAGES, HOST_RUNTIME_PEERS } from './host-runtime/area.ts';

export interface AreaRun {
  readonly plan: Plan;
  /** Groups, by the beginning of their ids; all when empty. */
  readonly only: readonly string[];
  readonly say: (line: string) => void;
}

/** `packages` and `peers`: whose versions are told. */
interface Area {
  readonly groups: readonly Group[];
  readonly packages: readonly string[];
  readonly peers: readonly string[];
}

/** The areas that exist. */
export const AREAS: ReadonlyMap<string, Area> = new Map([
  ['events', { groups: EVENTS_GROUPS, packages: EVENTS_PACKAGES, peers: [] }],
  ['host-runtime', { groups: HOST_RUNTIME_GROUPS, packages: HOST_RUNTIME_PACKAGES, peers: HOST_RUNTIME_PEERS }],
]);

/** Rows that no disk has a part in. */
const PROCESSOR_ONLY = [
  'P1.cpu',
  'P4.cpu',
  'P5',
  'P10',
  'P11.page',
  'P11.head',
  'P11.correlation',
  'P11.cpu',
  'P11.memory',
  'P11.authorise',
  'memory',
];

/** The note of a group that could not be measured because something broke. */
export const FAILED = 'it failed';

/** Errors: an area or a group that there is not. */
export async function runArea(area: string, { plan, only, say }: AreaRun): Promise<Result> {
  const { groups, packages, peers } = AREAS.get(area) ?? { groups: [], packages: [], peers: [] };
  const chosen = groups.filter(({ id }) => only.length === 0 || only.some((wanted) => concerns(id, wanted)));
  if (chosen.length === 0) throw new Error(`There is nothing to measure: ${[area, ...only].join(' ')}`);
  const folder = await makeWorkFolder();
  try {
    const disk = probeDisk(folder.file('probe'));
    const machine = describeMachine(folder.fileSystem, disk);
    say(machine);
    if (!disk.real) say('This disk does not really sync: goals of durable rows are not scored.');
    const rows: Row[] = [];
    for (const group of chosen) {
      say(`${group.id} …`);
      rows.push(...(await rowsOf(group, { plan, folder, say })));
    }
    const scored = disk.real ? rows : rows.map(withoutDisk);
    return { area, machine, versions: await describeVersions(packages, peers), rows: scored };
  } finally {
    await folder.remove();
  }
}

/** A group that fails does not take the others with it; its row says so, and the command fails in the end. */
async function rowsOf(group: Group, context: Context): Promise<readonly Row[]> {
  try {
    return await group.run(context);
  } catch (error) {
    context.say(error instanceof Error ? (error.stack ?? error.message) : 'A group failed without an error');
    return [unmeasured({ id: group.id, name: 'the whole group' }, FAILED)];
  }
}

/** `P11` wants both `P11.events` and `P11.idle`; `P1` wants neither. */
function concerns(id: string, wanted: string): boolean {
  return id === wanted || id.startsWith(`${wanted}.`);
}

function withoutDisk(row: Row): Row {
  const processorOnly = PROCESSOR_ONLY.some((id) => row.id.startsWith(id));
  return processorOnly ? row : { ...row, met: null, note: 'not scored: the disk does not really sync' };
}
