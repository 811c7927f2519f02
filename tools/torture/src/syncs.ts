/**
 * Syncs of the log, counted from outside: one for each group of units that is acknowledged together, and none of the group is
 * acknowledged before it. What the kernel was asked for is read from `strace`; without it, nothing is shown.
 *
 * Not here: that a sync reaches the disk.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runCases, type AreaOptions, type AreaReport, type Case } from './trial/run-cases.ts';
import { startChild } from './trial/start-child.ts';
import { WORKLOAD } from './trial/workload.ts';

/** One thing that the traced process did. */
export type Happening = 'log synced' | 'unit acknowledged' | 'group asked for';

export async function runSyncs({ report }: AreaOptions): Promise<AreaReport> {
  const isTraceable = spawnSync('strace', ['-V']).error === undefined;
  if (!isTraceable) return { cases: 1, failures: [], notes: ['strace is not installed: no sync was counted'] };
  const done = await runCases([tracedWork], { report });
  return { ...done, notes: [`${WORKLOAD.length} groups of units`] };
}

const tracedWork: Case = {
  name: 'each group of units is synced once before it is acknowledged',
  run: async ({ folder, note }) => {
    const [file, oracle, trace] = [join(folder, 'agent.db'), join(folder, 'oracle'), join(folder, 'strace')];
    const strace = ['strace', '-f', '-y', '-qq', '-s', '16', '-e', 'trace=fsync,fdatasync,write', '-o', trace];
    const driver = { keepLog: true, fullCommit: 0 };
    const child = startChild({ kind: 'workload', file, oracle, driver, work: 'all', dies: true }, strace);
    const ended = await child.ended;
    // Closing would move the log into the database, with syncs of its own.
    if (ended !== 'SIGKILL') return [`the traced process ended with ${ended}: ${child.lines.slice(-3).join(' | ')}`];
    const happened = readTrace(readFileSync(trace, 'utf8'));
    note(happened.join('\n'));
    return checkGroups(
      happened,
      WORKLOAD.map((step) => step.length),
    );
  },
};

/** Reads what `strace -f -y` writes. A call that another thread interrupts counts where it ends. */
export function readTrace(trace: string): readonly Happening[] {
  const happened: Happening[] = [];
  const unfinished = new Map<string, string>();
  for (const line of trace.split('\n')) {
    const thread = line.split(' ', 1)[0] ?? '';
    if (line.includes('<unfinished')) {
      unfinished.set(thread, line);
      continue;
    }
    const begun = line.includes('resumed>') ? unfinished.get(thread) : undefined;
    const found = toHappening(begun ?? line);
    if (found !== undefined) happened.push(found);
  }
  return happened;
}

/** `sizes`: units of each group, in order. */
export function checkGroups(happened: readonly Happening[], sizes: readonly number[]): readonly string[] {
  const sentences: string[] = [];
  let at = happened.indexOf('group asked for');
  for (const [group, size] of sizes.entries()) {
    let [asked, syncs, acknowledged] = [0, 0, 0];
    for (; at < happened.length && (acknowledged < size || happened[at] === 'log synced'); at += 1) {
      if (happened[at] === 'group asked for') asked += 1;
      if (happened[at] === 'log synced') syncs += 1;
      if (happened[at] !== 'unit acknowledged') continue;
      acknowledged += 1;
      if (syncs === 0) sentences.push(`group ${group + 1}: a unit was acknowledged before the log was synced`);
    }
    if (asked !== size || acknowledged !== size)
      sentences.push(`group ${group + 1}: ${asked} asked, ${acknowledged} acknowledged, ${size} sent`);
    if (syncs !== 1) sentences.push(`group ${group + 1}: ${syncs} syncs of the log`);
  }
  return sentences;
}

function toHappening(line: string): Happening | undefined {
  const [, call, file = ''] = /(fsync|fdatasync|write)\(\d+<([^>]+)>/.exec(line) ?? [];
  if (call === 'write') {
    if (!file.endsWith('/oracle')) return undefined;
    return line.includes('{\\"told') ? 'unit acknowledged' : line.includes('{\\"asked') ? 'group asked for' : undefined;
  }
  return file.endsWith('.db-wal') ? 'log synced' : undefined;
}
