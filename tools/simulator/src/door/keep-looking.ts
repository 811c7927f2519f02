/**
 * Looking for what hosts that are gone have left behind, as the host of a door does it.
 *
 * Not here: the door (`open-door.ts`), who else looks (`../actor/door-keeper.ts`).
 */
import { getRecord, isFault, workItemMachine } from '@reborn/host-api';
import type { SimulatedProcess } from '../world/world.ts';
import type { Stage } from './stage.ts';

/** Short, so that it happens within a simulation. Units: milliseconds. */
const LOOK_MS = 2_500;

/** Looks for what is left behind as long as the process lives. */
export function keepLooking(stage: Stage, process: SimulatedProcess): void {
  const { timers } = process.platform;
  const look = async (): Promise<void> => {
    await lookOnce(stage, process).catch((error: unknown) => {
      if (!isFault(error)) throw error;
    });
    timers.schedule(LOOK_MS, () => void look());
  };
  timers.schedule(LOOK_MS, () => void look());
}

/** Errors: those of the door. */
export async function lookOnce(stage: Stage, process: SimulatedProcess): Promise<void> {
  const { runtime } = stage.doorOf(process);
  if (stage.world.options.doorDiscipline.lostProcesses === 'ended') {
    await stage.heard(runtime.recover());
    return;
  }
  const running = await process.store.list(workItemMachine.name, { status: 'running', limit: 100 });
  await stage.heard(runtime.recover());
  for (const { key, row } of running) {
    const now = await getRecord(process.store, workItemMachine, key);
    const wish = stage.wishOf(String(workItemMachine.parseRow(row).about['invocationId']));
    if (now?.status !== 'lost' || wish === undefined) continue;
    await stage.outside.happen(process, { wish: wish.name, text: wish.input.text });
  }
}
