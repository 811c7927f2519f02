/** Calls of a peer under strace: between two syncs of a marker, nothing but calls, one after the other. */
import { z } from 'zod';
import { openPeer, peerKindSchema } from '../host-runtime/peer/open-peer.ts';
import { betweenMarks } from '../measure/marker.ts';

export const peerTaskSchema = z.strictObject({
  kind: z.literal('peer'),
  peer: peerKindSchema,
  file: z.string(),
  calls: z.int().positive(),
});

export async function callPeer(task: z.infer<typeof peerTaskSchema>): Promise<void> {
  const peer = await openPeer(task.peer, task.file);
  if (peer === undefined) throw new Error('The peer is not installed');
  await peer.call();
  await betweenMarks(task.file, async () => {
    for (let made = 0; made < task.calls; made += 1) await peer.call();
  });
  await peer.close();
}
