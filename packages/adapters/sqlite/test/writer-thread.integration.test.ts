import { execFile } from 'node:child_process';
import { access, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { InvariantError, transition } from '@reborn/host-api';
import { describe, expect, test } from 'vitest';
import { createDriverScript } from '../src/testkit/index.ts';
import { resolveEntryPoint } from '../src/writer/entry-point.ts';
import { brokenMachine } from './broken-machine.ts';
import {
  append,
  codeOf,
  faultOf,
  numbersIn,
  openStore,
  opening,
  startChild,
  stream,
  temporaryFile,
} from './support.ts';

const run = promisify(execFile);
const folder = fileURLToPath(new URL('..', import.meta.url));

describe('a writer whose thread ends', () => {
  test.each(['BEGIN IMMEDIATE', 'INSERT INTO log_record', 'COMMIT'])(
    'at %s takes the store with it: what waited may have happened, and what comes is refused',
    async (call) => {
      const file = await temporaryFile();
      const script = createDriverScript();
      const store = await openStore(file, { driver: script.driver });
      await store.commit([append(1)]);
      script.add({ when: new RegExp(`^${call}`), event: { do: 'end_thread' } });
      const first = store.commit([append(2)]);
      const second = first.then(
        () => undefined,
        () => store.commit([append(3)]),
      );
      for (const commit of [first, second]) {
        const fault = await faultOf(commit);
        expect([fault.code, fault.retryable, fault.detail]).toEqual([
          'host-api/store_unavailable',
          true,
          { state: 'writer_ended' },
        ]);
      }
      expect(await codeOf(store.readStream({ stream, after: 0, limit: 1 }))).toBe('host-api/store_unavailable');
      await store.close();
      expect(await codeOf(store.commit([append(4)]))).toBe('host-api/store_closed');
      const again = await openStore(file);
      expect(await numbersIn(again)).toEqual([1]);
      await again.commit([append(2)]);
      expect(await numbersIn(again)).toEqual([1, 2]);
    },
  );

  test('while it opens is a fault of opening', async () => {
    const { driver } = createDriverScript({ when: /^open write/, event: { do: 'end_thread' } });
    expect((await faultOf(openStore(await temporaryFile(), { driver }))).code).toBe('host-api/store_unavailable');
  });
});

describe('a writer that is closed', () => {
  test('finishes what it was asked for, and serves the next store with its own machines', async () => {
    for (let round = 0; round < 6; round += 1) {
      const file = await temporaryFile();
      const store = await openStore(file);
      const traffic = Array.from({ length: 50 }, (_none, at) => store.commit([append(at + 1)]).then(() => at));
      await store.close();
      expect(await Promise.all(traffic)).toHaveLength(50);
      expect(await numbersIn(await openStore(file))).toHaveLength(50);
    }
  });

  test('keeps no process alive, and a commit that is under way does', async () => {
    const file = await temporaryFile();
    const child = startChild('commit-and-leave.ts', file);
    await child.ended;
    expect(child.lines).toEqual(['committed']);
    expect(await numbersIn(await openStore(file))).toEqual([1]);
  });
});

describe('a machine that breaks its own rules', () => {
  test('is a bug where the unit was sent from, and the store goes on', async () => {
    const given = { ...opening, machines: [...opening.machines, brokenMachine] };
    const store = await openStore(await temporaryFile(), { opening: given });
    const commit = (command: Parameters<typeof brokenMachine.decide>[1]): Promise<unknown> =>
      store.commit([append(9), transition(brokenMachine, 'k', command)]).catch((error: unknown) => error);
    const [stray, thrown] = await Promise.all([
      commit({ trigger: 'acquire', holder: 'me', ttlMs: 1000 }),
      commit({ trigger: 'release', holder: 'me', fence: 1 }),
      store.commit([append(1)]),
    ]);
    expect(stray).toBeInstanceOf(InvariantError);
    expect(thrown).toMatchObject({ name: 'Error', message: 'not to be' });
    expect(await numbersIn(store)).toEqual([1]);
  });
});

describe('the program of the thread', () => {
  test('is found from source and from the packed build, with the conditions of its process', () => {
    const before = process.execArgv;
    try {
      process.execArgv = ['--conditions=mine', '--inspect', '-C', 'yours'];
      expect(resolveEntryPoint('./worker', 'file:///a/src/writer/writer-thread.ts')).toEqual({
        url: new URL('file:///a/src/writer/worker.ts'),
        execArgv: ['--conditions=mine', '--conditions=yours', '--conditions=@reborn/source'],
      });
      expect(resolveEntryPoint('./worker', 'file:///a/dist/writer/writer-thread.js?v=1')).toEqual({
        url: new URL('file:///a/dist/writer/worker.js'),
        execArgv: ['--conditions=mine', '--conditions=yours'],
      });
    } finally {
      process.execArgv = before;
    }
  });

  test.each([
    ['from source, by Node itself', ['--conditions=@reborn/source'], 'src/index.ts'],
    ['from source, by tsx', ['--import', 'tsx', '--conditions=@reborn/source'], 'src/index.ts'],
    ['from the build', [], 'dist/index.js'],
  ])('runs %s', async (_how, flags, index) => {
    if (index.startsWith('dist')) await run('tsc', ['-b'], { cwd: folder });
    await access(new URL(`../${index}`, import.meta.url));
    const file = await temporaryFile();
    const program = await readFile(new URL('./child/one-commit.mjs', import.meta.url), 'utf8');
    const { stdout, stderr } = await run(
      process.execPath,
      [...flags, '--input-type=module', '--eval', program, '--', new URL(`../${index}`, import.meta.url).href, file],
      { cwd: folder },
    );
    expect([stdout, stderr]).toEqual(['committed held\n', '']);
  });
});
