import { describe, expect, test } from 'vitest';
import { createSeededRandom } from '../platform/seeded-random.ts';
import { ReplacedFile, SimulatedFile } from './simulated-file.ts';

/** What any of many losses of power may leave of a file. */
function leftOf(make: () => SimulatedFile): readonly string[] {
  const left = new Set<string>();
  for (let seed = 0; seed < 200; seed += 1) {
    const file = make();
    file.losePower(createSeededRandom(`${seed}`));
    left.add(file.read().join('|'));
  }
  return [...left].toSorted();
}

describe('A simulated file', () => {
  test('keeps what was synced, and any part of the rest', () => {
    const left = leftOf(() => {
      const file = new SimulatedFile();
      file.write(0, ['ab']);
      file.sync();
      file.write(1, ['cd']);
      return file;
    });
    expect(left).toEqual(['ab|', 'ab|c', 'ab|cd']);
  });

  test('may bring back what stood there before an overwriting that was not synced', () => {
    const left = leftOf(() => {
      const file = new SimulatedFile();
      file.write(0, ['ab']);
      file.sync();
      file.write(0, ['xy']);
      return file;
    });
    expect(left).toEqual(['', 'ab', 'x', 'xy']);
  });

  test('never gets to the disk what a failed sync has let go, unless it is written again', () => {
    const make = (again: boolean) => () => {
      const file = new SimulatedFile();
      file.write(0, ['ab']);
      file.failSync();
      if (again) file.write(0, ['ab']);
      file.sync();
      return file;
    };
    expect(make(false)().read()).toEqual(['ab']);
    expect(leftOf(make(false))).toEqual(['']);
    expect(leftOf(make(true))).toEqual(['ab']);
  });

  test('changes one character of a corrupted cell and nothing else, and leaves its clone alone', () => {
    const file = new SimulatedFile();
    file.write(0, ['aaaa', 'bbbb']);
    const copy = file.clone();
    file.corrupt(1, createSeededRandom('1'));
    const [first, second = ''] = file.read();
    expect([first, second.length, second.replaceAll('b', '').length]).toEqual(['aaaa', 4, 1]);
    expect(copy.read()).toEqual(['aaaa', 'bbbb']);
  });
});

describe('A file that is replaced as a whole', () => {
  test('is the old or the new one after a loss of power, and the new one once synced', () => {
    const left = new Set<string | undefined>();
    for (let seed = 0; seed < 50; seed += 1) {
      const file = new ReplacedFile();
      file.replace('old');
      file.sync();
      file.replace('new');
      const synced = file.clone();
      synced.sync();
      file.losePower(createSeededRandom(`${seed}`));
      synced.losePower(createSeededRandom(`${seed}`));
      left.add(file.read());
      expect(synced.read()).toBe('new');
    }
    expect(left).toEqual(new Set(['old', 'new']));
  });
});
