import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { inspectRound } from '../src/inspect.ts';
import { acksOf } from '../src/kill-rounds.ts';
import { startJob } from '../src/process-run.ts';
import { startRecorder } from '../src/recorder-process.ts';

test('a worker that was stopped past its lease is fenced: the one that took over finishes, and nothing is written twice', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'reborn-fence-'));
  const recorder = await startRecorder(join(folder, 'effects.log'));
  const never = { killUnit: '', killNth: 0, killMoment: 'before' as const, killEffect: 0, awayMs: 0 };
  const settings = { file: join(folder, 'agent.db'), port: recorder.port, round: 'fence', leaseMs: 5_000, ...never };
  try {
    const stale = startJob({ ...settings, stopInEffect: true });
    await stale.heard('stopping');
    // Its clock says that the leases are over: nobody has to wait for that.
    const fresh = startJob({ ...settings, stopInEffect: false, awayMs: 60_000 });
    expect(await fresh.ended, fresh.lines.slice(-20).join('\n')).toBe(0);
    expect(fresh.lines).toContain('run completed ');
    const acknowledgedBefore = stale.lines.length;
    stale.child.kill('SIGCONT');
    expect(await stale.ended, stale.lines.slice(-20).join('\n')).toBe(0);
    // It notices that the run is over; none of its late writes about the run got through.
    const late = stale.lines.slice(acknowledgedBefore);
    expect(acksOf(late).filter((ack) => ack.startsWith('transcript/') || ack.startsWith('turn/'))).toEqual([]);
    const acknowledged = [...acksOf(stale.lines), ...acksOf(fresh.lines)];
    const { violations, uncertain } = await inspectRound(
      { file: settings.file, round: 'fence', acknowledged },
      recorder,
    );
    expect(violations).toEqual([]);
    // The stopped worker's effect was announced and never settled: the other one reports it as uncertain.
    expect(uncertain).toBe(1);
  } finally {
    await recorder.stop();
    rmSync(folder, { recursive: true });
  }
}, 60_000);
