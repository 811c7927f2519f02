/**
 * Which lanes a host has, as it tells them in its health.
 *
 * Not here: the lanes (`process-lane.ts`), what becomes of a call whose lane is not there (`../invoke/`).
 * Source: specification 2, b.10.
 */
import type { Processes, RuntimeProfile } from '@reborn/host-api';
import type { LaneProbe, LaneState } from './handler.ts';

/** Without `processes` there is no lane for them. */
export function createLaneProbe(processes: Processes | undefined, posture: RuntimeProfile['processes']): LaneProbe {
  return (lane) => {
    switch (lane) {
      case 'in_process':
        return Promise.resolve({ ready: true, detail: 'in this process' });
      case 'process':
        return probeProcesses(processes, posture);
    }
  };
}

async function probeProcesses(
  processes: Processes | undefined,
  posture: RuntimeProfile['processes'],
): Promise<LaneState> {
  if (processes === undefined) return { ready: false, detail: 'no processes were composed' };
  if (posture === 'none') return { ready: false, detail: 'this posture starts no processes' };
  const { available, mechanism, detail } = await processes.sandbox();
  if (available) return { ready: true, detail: `${mechanism}: ${detail}` };
  return { ready: posture !== 'sandbox_only', detail: `process group only: ${detail}` };
}
