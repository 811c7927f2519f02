/**
 * The thread of the writer: answers one request after the other. It outlives its store and serves the next one.
 *
 * Not here: what is done for a request (`writer.ts`), who asks (`writer-thread.ts`).
 */
import { workerData } from 'node:worker_threads';
import { assert } from '@reborn/host-api';
import { connect, type Connect } from '../driver.ts';
import { loadMachines } from './machines.ts';
import { packResults, unpackUnits } from './packing.ts';
import { toSent, type WrappingModule, type WriterAnswer, type WriterRequest, type WriterStart } from './protocol.ts';
import { openWriter, type Writer } from './writer.ts';

const { port, driver } = workerData as WriterStart;
const connecting = loadDriver();
let writer: Writer | undefined;

port.on('message', (request: WriterRequest) => {
  void answer(request).then(
    (given) => {
      port.postMessage(given);
      if (given.kind === 'done') writer?.afterBatch();
    },
    (error: unknown) => {
      port.postMessage({ kind: 'failed', error: toSent(error), stuck: writer?.stuck ?? false } satisfies WriterAnswer);
    },
  );
});

async function answer(request: WriterRequest): Promise<WriterAnswer> {
  switch (request.kind) {
    case 'open': {
      const [machines, through] = await Promise.all([loadMachines(request.machines), connecting]);
      writer = openWriter(request.file, machines, through);
      return { kind: 'opened', path: writer.path };
    }
    case 'batch': {
      assert(writer !== undefined, 'a batch follows an open');
      const { results, before, last } = writer.run(unpackUnits(request.units), request.nowMs);
      return { kind: 'done', results: packResults(results), before, last };
    }
    case 'close': {
      const closing = writer;
      writer = undefined;
      closing?.close();
      return { kind: 'closed' };
    }
  }
}

async function loadDriver(): Promise<Connect> {
  if (driver === undefined) return connect;
  const { wrapConnect } = (await import(driver.module)) as WrappingModule;
  return wrapConnect(connect, driver.data);
}
