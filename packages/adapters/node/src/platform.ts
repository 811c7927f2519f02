/** The machine as one value: what `createReborn({ platform: node() })` takes. */
import type { Platform } from '@reborn/host-api';
import { createNodeClock } from './clock.ts';
import { createNodeDiagnostics, type NodeDiagnosticsOptions } from './diagnostics.ts';
import { createNodeDigest } from './digest.ts';
import { createNodeIds } from './ids.ts';
import { createNodeRandom } from './random.ts';
import { createNodeTimers, type NodeTimersOptions } from './timers.ts';

export interface NodeOptions {
  readonly timers?: NodeTimersOptions;
  readonly diagnostics?: NodeDiagnosticsOptions;
}

export function node(options: NodeOptions = {}): Platform {
  return Object.freeze({
    clock: createNodeClock(),
    timers: createNodeTimers(options.timers),
    ids: createNodeIds(),
    random: createNodeRandom(),
    digest: createNodeDigest(),
    diagnostics: createNodeDiagnostics(options.diagnostics),
  });
}
