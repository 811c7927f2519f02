/**
 * Looks at what would be left: of a loss of power at this moment, or of a medium that has changed a bit of what was synced.
 * The simulation goes on undisturbed.
 *
 * Not here: crashes that happen (`world.ts`).
 */
import { HostApiError, streamName, type JsonObject, type RawRecord } from '@reborn/host-api';
import type { Actor } from '../actor/actor.ts';
import { checkAcknowledged } from '../invariant/acknowledged.ts';
import { checkAllOrNothing } from '../invariant/all-or-nothing.ts';
import { checkHeadAnchor } from '../invariant/head-anchor.ts';
import type { StoreImage, StreamImage } from '../invariant/store-image.ts';
import { violation, type Violation } from '../invariant/violation.ts';
import type { SimulatedDisk } from '../store/simulated-disk.ts';
import { sha256Hex, SimulatedTables } from '../store/simulated-tables.ts';
import { SIMULATED_MACHINE_INDEX, SIMULATED_MACHINES, type World } from './world.ts';

/** Everything that has to hold of a store whenever it is opened. */
export function checkImage(world: World, actors: readonly Actor[], image: StoreImage): readonly Violation[] {
  const { history } = world;
  return [
    ...checkAcknowledged(history, image, sha256Hex),
    ...checkAllOrNothing(history, image),
    ...checkHeadAnchor(history, image),
    ...actors.flatMap(({ checkAlways }) => checkAlways?.(image) ?? []),
  ];
}

/** What would be left if the power went now. */
export function inspectPowerLoss(world: World, actors: readonly Actor[]): readonly Violation[] {
  const disk = world.disk.clone();
  const { lost, torn } = disk.losePower(world.options.random);
  if (lost > 0) world.options.sometimes('frames that were not synced were lost');
  if (torn > 0) world.options.sometimes('a frame that was not synced was torn');
  const opened = openDisk(world, disk);
  if (opened !== undefined) return checkImage(world, actors, opened);
  return [violation('I13', 'a store that lost nothing acknowledged would not open')];
}

/** What would be left if the medium changed one bit of what was committed. */
export function inspectCorruption(world: World): readonly Violation[] {
  const { random, sometimes } = world.options;
  const frames = world.disk.committedFrames;
  if (frames === 0) return [];
  const disk = world.disk.clone();
  disk.losePower(random);
  disk.log.corrupt(random.between(Math.max(0, frames - 20), frames - 1), random);
  const opened = openDisk(world, disk);
  if (opened === undefined) {
    sometimes('opening below the anchor was refused');
    return [];
  }
  return checkHeadAnchor({ units: [], seen: [], intents: [], anchors: [] }, opened);
}

function openDisk(world: World, disk: SimulatedDisk): StoreImage | undefined {
  const { storeDiscipline } = world.options;
  try {
    const { shared, leftOut } = disk.open({ name: 'inspector', alive: true }, SIMULATED_MACHINE_INDEX, storeDiscipline);
    if (leftOut > 0) world.options.sometimes('a batch that was not whole was left out');
    return imageOf(new SimulatedTables(SIMULATED_MACHINE_INDEX, storeDiscipline, shared.changes), disk);
  } catch (error) {
    if (!HostApiError.is(error)) throw error;
    return undefined;
  }
}

function imageOf(tables: SimulatedTables, disk: SimulatedDisk): StoreImage {
  const streams = new Map<string, StreamImage>();
  const rows = new Map(SIMULATED_MACHINES.map(({ name }) => [name, new Map<string, JsonObject>()]));
  const records: RawRecord[] = [];
  for (const change of tables.contents(1_000)) {
    if (change.kind === 'row') rows.get(change.machine)?.set(change.key, change.row);
    if (change.kind === 'records') records.push(...change.records);
    // The state of a stream comes behind its records.
    if (change.kind !== 'stream') continue;
    const { stream, state } = change;
    streams.set(streamName(stream), { ...state, stream, records: records.splice(0) });
  }
  return { streams, rows, anchor: disk.readAnchor()?.anchor };
}
