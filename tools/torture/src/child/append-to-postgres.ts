/**
 * One host among several on a PostgreSQL database: it appends without a pause, alone and together with others, and asks again
 * with the same ids until it is answered. Prints `progress <n>`, `wrong <sentence>` and `done`; a line on its input ends it.
 */
import { writeSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { postgres } from '@reborn/adapter-postgres';
import { parseTenantId, type StreamKey } from '@reborn/host-api';
import { recordUnits } from '@reborn/simulator';
import { checkFault } from '../trial/leaks.ts';
import { opening } from '../trial/opening.ts';
import { createOracle } from '../trial/oracle.ts';
import { append, BESIDE, KEPT, tallied, type Unit } from '../trial/workload.ts';
import type { PostgresTask } from './task.ts';

const CALLERS = 4;
const PAUSE_MS = 8;
const AGAIN_MS = 50;
const UNITS_A_PROGRESS = 20;
/** A tally takes no more than 64 events. */
const EVENTS_A_TALLY = 40;

export async function appendToPostgres(task: PostgresTask): Promise<void> {
  const { url, schema, oracle, host, secrets } = task;
  const store = await postgres(url, { schema }).open(opening);
  const recorded = recordUnits(store, createOracle(oracle));
  const stopping = new AbortController();
  let number = 0;
  let answered = 0;
  const say = (line: string): void => void writeSync(1, `${line}\n`);
  const caller = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      number += 1;
      const unit = unitOf(host, number);
      for (;;) {
        try {
          await recorded.commit(unit);
          break;
        } catch (error) {
          for (const sentence of checkFault(error, secrets)) say(`wrong ${sentence}`);
          say('fault');
          await pause(AGAIN_MS);
        }
      }
      answered += 1;
      if (answered % UNITS_A_PROGRESS === 0) say(`progress ${answered / UNITS_A_PROGRESS}.`);
      await pause(PAUSE_MS);
    }
  };
  createInterface({ input: process.stdin }).on('line', () => stopping.abort());
  await Promise.all(Array.from({ length: CALLERS }, caller));
  await store.close();
  say('done');
  process.stdin.destroy();
}

function unitOf(host: number, number: number): Unit {
  const own = host * 1_000_000 + number * 10;
  const alone: StreamKey = { family: 'turn', tenantId: parseTenantId(`host-${host}`) };
  switch (number % 4) {
    case 0:
      return tallied(own, `tally-${host}-${Math.floor(number / EVENTS_A_TALLY)}`);
    case 1:
      return [append(KEPT, own, own + 1, own + 2)];
    case 2:
      // Both hosts append the same events: whoever comes second is told where they stand.
      return [append(BESIDE, number)];
    default:
      return [append(KEPT, own), append(alone, own)];
  }
}
