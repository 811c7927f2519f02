/**
 * Everybody who uses the doors: a door in each process, callers, answerers, workers on runs, and what goes on around them.
 *
 * Not here: what each of them does (the files beside this one), what has to hold (`../door/check-stage.ts`).
 */
import { checkQuietStage, checkStage } from '../door/check-stage.ts';
import { keepLooking } from '../door/keep-looking.ts';
import { Stage } from '../door/stage.ts';
import type { World } from '../world/world.ts';
import type { Actor } from './actor.ts';
import { answererOperations } from './door-answerer.ts';
import { callerOperations } from './door-caller.ts';
import { keeperOperations } from './door-keeper.ts';
import { runWorkerOperations } from './door-run-worker.ts';

export function createDoorUsers(world: World): Actor {
  const stage = new Stage(world);
  return {
    operations: [
      ...callerOperations(stage),
      ...answererOperations(stage),
      ...runWorkerOperations(stage),
      ...keeperOperations(stage),
    ],
    start: (process) => {
      stage.open(process);
      keepLooking(stage, process);
    },
    checkAlways: (image) => checkStage(stage, image),
    checkEnd: (image) => checkQuietStage(stage, image),
  };
}
