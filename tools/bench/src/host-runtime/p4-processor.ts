/** P4, the processor's part: what a governed call costs where no disk is waited for. */
import { createInMemoryStore } from '@reborn/host-api';
import type { InvokeRequest } from '@reborn/host-runtime';
import { alternate } from '../measure/alternate.ts';
import { P50_US, repeat, type Side } from '../measure/block.ts';
import type { Group } from '../measure/context.ts';
import { compare, type Row } from '../measure/row.ts';
import { Supply } from '../measure/supply.ts';
import { createRequests, DOOR_OPENING, openDoor, perform, type Note } from './door.ts';
import { complete } from './governed-calls.ts';
import { unitsOfCalls } from './written-units.ts';

const BYTES = 512;
const CPU_GOAL_US = 100;
/** Calls whose units are committed again and again, each time to an empty store. */
const RECORDED = 200;

export const processorPart: Group = {
  id: 'P4.cpu',
  async run({ plan }) {
    const effect = createRequests('notes.write', BYTES, 43);
    const read = createRequests('notes.read', BYTES, 43);
    const series = await alternate(
      [
        bareFunction('bare', effect),
        inMemory('reborn', effect),
        await unitsAlone('units', effect),
        inMemory('reborn, reading', read),
        await unitsAlone('units, reading', read),
      ],
      plan,
    );
    const besides = (id: string, name: string, subject: string, baseline: string, goal?: number): Row =>
      compare(series, plan, {
        id,
        name,
        subject,
        baseline,
        metric: P50_US,
        of: (left, right) => left - right,
        ...(goal === undefined ? {} : { goal }),
      });
    return [
      besides(
        'P4.cpu',
        'governed call with an effect on a store in memory, besides the bare call, p50, µs',
        'reborn',
        'bare',
        CPU_GOAL_US,
      ),
      besides(
        'P4.cpu-door',
        'the same besides the same units on that store: the door alone, p50, µs',
        'reborn',
        'units',
      ),
      besides(
        'P4.cpu-read',
        'governed call that only reads, besides the bare call, p50, µs',
        'reborn, reading',
        'bare',
        CPU_GOAL_US,
      ),
      besides(
        'P4.cpu-door-read',
        'the same besides the same unit on that store, p50, µs',
        'reborn, reading',
        'units, reading',
      ),
    ];
  },
};

function bareFunction(name: string, make: () => InvokeRequest): Side {
  const note = make().input as unknown as Note;
  return { name, work: (minMs) => repeat(minMs, () => perform(note)) };
}

/** A store of its own for each block: what is kept from earlier ones would be in the way of the collector. */
function inMemory(name: string, make: () => InvokeRequest): Side {
  const supply = new Supply(make);
  let door = openDoor(createInMemoryStore(DOOR_OPENING));
  return {
    name,
    prepare(minMs) {
      supply.prepare(minMs * 8);
      door = openDoor(createInMemoryStore(DOOR_OPENING));
    },
    work: (minMs) => repeat(minMs, () => complete(door.runtime, supply.next())),
  };
}

/** An operation is one call: all of its units. */
async function unitsAlone(name: string, make: () => InvokeRequest): Promise<Side> {
  const units = await unitsOfCalls(Array.from({ length: RECORDED }, make));
  const perCall = units.length / RECORDED;
  return {
    name,
    work(minMs) {
      let store = createInMemoryStore(DOOR_OPENING);
      let at = 0;
      return repeat(minMs, async () => {
        if (at === units.length) {
          at = 0;
          store = createInMemoryStore(DOOR_OPENING);
        }
        for (const end = at + perCall; at < end; at += 1) {
          const outcome = await store.commit(units[at]?.writes ?? []);
          if (outcome.kind !== 'committed') throw new Error(`A unit came to ${outcome.reason}`);
        }
      });
    },
  };
}
