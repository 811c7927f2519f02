/** Worlds on real storage. Not here: opening it (`open-store.ts`). */
import { createFakePlatform } from '@reborn/host-api/testkit';
import { onTestFinished } from 'vitest';
import { openStore, type Backend } from './open-store.ts';
import { createWorld, HOST_DOOR_MACHINES, type World } from './support.ts';

export { BACKENDS, type Backend } from './open-store.ts';

export async function createWorldOn(backend: Backend): Promise<World> {
  const platform = createFakePlatform();
  const store = await openStore(backend, HOST_DOOR_MACHINES, platform.clock);
  onTestFinished(() => store.close());
  return createWorld(platform, store);
}
