/** Governed calls under strace: between two syncs of a marker, nothing but calls. */
import { z } from 'zod';
import { betweenMarks } from '../measure/marker.ts';
import { createRequests, openDoor, openDoorStore } from '../host-runtime/door.ts';
import { complete } from '../host-runtime/governed-calls.ts';

export const governTaskSchema = z.strictObject({
  kind: z.literal('govern'),
  file: z.string(),
  capability: z.enum(['notes.write', 'notes.read']),
  calls: z.int().positive(),
  callers: z.int().positive(),
});

const BYTES = 512;

export async function governCalls(task: z.infer<typeof governTaskSchema>): Promise<void> {
  const store = await openDoorStore(task.file);
  const { runtime } = openDoor(store);
  const make = createRequests(task.capability, BYTES, 6);
  await complete(runtime, make());
  let left = task.calls;
  const caller = async (): Promise<void> => {
    while ((left -= 1) >= 0) await complete(runtime, make());
  };
  await betweenMarks(task.file, async () => void (await Promise.all(Array.from({ length: task.callers }, caller))));
  await store.close();
}
