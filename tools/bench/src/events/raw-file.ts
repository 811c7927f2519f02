/** The disk without a database: one write and one sync for each event. */
import { closeSync, fdatasyncSync, fstatSync, openSync, writeSync } from 'node:fs';
import { repeatSync, type Side } from '../measure/block.ts';
import { Supply } from '../measure/supply.ts';

const PREALLOCATED_BYTES = 64 * 1024 * 1024;

/** `growing`: each sync also writes the new length of the file. `preallocated`: only the bytes. */
export function rawAppends(name: string, file: string, form: 'growing' | 'preallocated', make: () => object): Side {
  const descriptor = openSync(file, 'wx');
  if (form === 'preallocated') {
    const zeros = Buffer.alloc(1024 * 1024);
    for (let at = 0; at < PREALLOCATED_BYTES; at += zeros.length) writeSync(descriptor, zeros, 0, zeros.length, at);
    fdatasyncSync(descriptor);
  }
  const supply = new Supply(make);
  let place = 0;
  return {
    name,
    prepare: (minMs) => supply.prepare(minMs * 10),
    async work(minMs) {
      return repeatSync(minMs, () => {
        const line = Buffer.from(`${JSON.stringify(supply.next())}\n`);
        if (form === 'preallocated' && place + line.length > PREALLOCATED_BYTES) place = 0;
        writeSync(descriptor, line, 0, line.length, place);
        fdatasyncSync(descriptor);
        place += line.length;
      });
    },
    async verify() {
      if (fstatSync(descriptor).size < place) throw new Error(`${name}: the file is too short`);
    },
    async close() {
      closeSync(descriptor);
    },
  };
}
