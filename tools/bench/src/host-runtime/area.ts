/** The area `host-runtime`: the door, row by row. */
import type { Group } from '../measure/context.ts';
import { oneCaller } from './p4-one-caller.ts';
import { processorPart } from './p4-processor.ts';
import { manyCallers } from './p4c-many-callers.ts';
import { authorise } from './p5-authorise.ts';
import { grants } from './p11-grants.ts';
import { tenants } from './p11-tenants.ts';
import { peersOfResume, resume } from './p12-resume.ts';
import { peersOfManyCallers, peersOfOneCaller } from './peer-rows.ts';

/** In the order in which they run. */
export const HOST_RUNTIME_GROUPS: readonly Group[] = [
  oneCaller,
  processorPart,
  manyCallers,
  authorise,
  tenants,
  grants,
  resume,
  peersOfOneCaller,
  peersOfManyCallers,
  peersOfResume,
];
/** What a version of makes a difference. */
export const HOST_RUNTIME_PACKAGES: readonly string[] = ['better-sqlite3', 'pg', 'zod'];
/** The same of what stands beside. */
export const HOST_RUNTIME_PEERS: readonly string[] = [
  '@cedar-policy/cedar-wasm',
  'casbin',
  '@langchain/langgraph',
  '@langchain/langgraph-checkpoint-sqlite',
  '@dbos-inc/dbos-sdk',
  'ai',
];
