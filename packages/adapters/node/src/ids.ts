/** New identities: UUIDs of version 7, whose leading bits grow with time, which keeps indexes compact. */
import type { Ids } from '@reborn/host-api';
import { v7 } from 'uuid';

export function createNodeIds(): Ids {
  return Object.freeze({ uuid: () => v7() });
}
