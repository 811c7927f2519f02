// What a benchmark's other processes run: one task, named on the command line. Started by the benchmarks only.
import { z } from 'zod';
import { appendEvents, appendTaskSchema } from './child/append-events.ts';
import { appendAndDie, killTaskSchema } from './child/append-and-die.ts';
import { callPeer, peerTaskSchema } from './child/call-peer.ts';
import { followEvents, followTaskSchema } from './child/follow-events.ts';
import { governCalls, governTaskSchema } from './child/govern-calls.ts';
import { measureMemory, memoryTaskSchema } from './child/measure-memory.ts';

const taskSchema = z.discriminatedUnion('kind', [
  appendTaskSchema,
  killTaskSchema,
  followTaskSchema,
  memoryTaskSchema,
  governTaskSchema,
  peerTaskSchema,
]);
const task = taskSchema.parse(JSON.parse(process.argv[2] ?? 'null'));
switch (task.kind) {
  case 'append':
    await appendEvents(task);
    break;
  case 'kill':
    await appendAndDie(task);
    break;
  case 'follow':
    await followEvents(task);
    break;
  case 'memory':
    await measureMemory(task);
    break;
  case 'govern':
    await governCalls(task);
    break;
  case 'peer':
    await callPeer(task);
    break;
}
