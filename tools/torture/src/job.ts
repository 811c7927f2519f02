// The process that is killed: it carries the job out from wherever it stands. Prints `ack <family>/<eventId>`, `unit <name>`
// for each acknowledged unit, how run and processes ended, and `end`.
import { writeSync } from 'node:fs';
import { connect } from 'node:net';
import { node } from '@reborn/adapter-node';
import { sqlite } from '@reborn/adapter-sqlite';
import { z } from 'zod';
import { carryOutJob } from './door/carry-out-job.ts';
import { openJobHost } from './door/job-host.ts';
import { killingStorage } from './killing-storage.ts';

const settingsSchema = z.strictObject({
  file: z.string(),
  port: z.int(),
  round: z.string(),
  killUnit: z.string(),
  killNth: z.int(),
  killMoment: z.enum(['before', 'after']),
  /** Kill inside the effect with this number: before it is told to the recorder, or after. */
  killEffect: z.int(),
  leaseMs: z.int(),
  /** How much later than it is this process believes it to be, so that nobody has to wait. Units: milliseconds. */
  awayMs: z.int(),
  /**
   * Stop the process (SIGSTOP) inside the first effect. It does so itself, between two commits: a process that is stopped
   * inside one holds the database's lock, and nobody else can write until it goes on.
   */
  stopInEffect: z.boolean(),
});
export type JobSettings = z.infer<typeof settingsSchema>;

const settings = settingsSchema.parse(JSON.parse(process.argv[2] ?? '{}'));
const machine = node();
const platform = { ...machine, clock: { nowMs: () => machine.clock.nowMs() + settings.awayMs } };
const kill = (): void => {
  process.kill(process.pid, 'SIGKILL');
};
const say = (line: string): void => {
  writeSync(1, `${line}\n`);
};
const pause = (ms: number): Promise<void> => new Promise((resolve) => void platform.timers.schedule(ms, resolve));

await main();

async function main(): Promise<void> {
  const { file, leaseMs, killUnit: unit, killNth: nth, killMoment: moment } = settings;
  const acknowledged = (name: string, eventIds: readonly string[]): void => {
    for (const eventId of eventIds) say(`ack ${eventId}`);
    say(`unit ${name}`);
  };
  const storage = killingStorage(sqlite(file), { unit, nth, moment }, { acknowledged, kill });
  const host = await openJobHost({ platform, storage, leaseMs, effects: { happen } });
  await carryOutJob(host, { say, pause });
  await host.settle();
  await host.close();
  say('end');
}

async function happen(n: number, call: { readonly invocationId: string }, text: string): Promise<void> {
  const { killEffect, killMoment, stopInEffect, round } = settings;
  if (killEffect === n && killMoment === 'before') kill();
  if (stopInEffect && n === 1) {
    say('stopping');
    process.kill(process.pid, 'SIGSTOP');
    await pause(1);
  }
  await tell(`${round} ${n} ${call.invocationId} ${text}`);
  if (killEffect === n && killMoment === 'after') kill();
}

function tell(line: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(settings.port, '127.0.0.1', () => socket.write(`${line}\n`));
    socket.on('data', () => resolve());
    socket.on('error', reject);
  });
}
