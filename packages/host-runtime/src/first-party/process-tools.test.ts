import { parseInvocationId, type JsonObject } from '@reborn/host-api';
import { buildContext, buildScope, fixedUuid } from '@reborn/host-api/testkit';
import { describe, expect, it } from 'vitest';
import { createProcessWorld } from '../../test/process-world.ts';
import type { HandlerOutcome } from '../lane/handler.ts';
import type { ProcessResult } from '../process/process.ts';
import { createProcessTools } from './process-tools.ts';

const scope = buildScope();

async function createBench() {
  const world = await createProcessWorld();
  const desk = world.desk('here');
  const tools = createProcessTools(desk);
  const { processId, work } = await world.begin(desk);
  const stop = new AbortController();
  return { world, desk, tools, processId, work, stop, run, output };

  function run(name: string, input: JsonObject, within = scope): Promise<HandlerOutcome> {
    const tool = tools.find(({ descriptor }) => descriptor.id === `builtin.process_${name}`);
    const checked = tool?.checkInput({ process_id: processId, ...input });
    if (tool === undefined || checked?.kind !== 'valid') throw new Error(JSON.stringify(checked));
    const { correlationId } = buildContext();
    const invocationId = parseInvocationId(fixedUuid(50));
    return tool.run({ input: checked.input, scope: within, invocationId, correlationId, signal: stop.signal });
  }

  async function output(name: string, input: JsonObject = {}): Promise<unknown> {
    const outcome = await run(name, input);
    return outcome.kind === 'completed' ? outcome.output : outcome;
  }
}

describe('The process tools', () => {
  it('ask nobody, need no effects, and may take as long as they wait', async () => {
    const { tools } = await createBench();
    const declared = tools.map(({ descriptor: { id, effects, permission, deadlineMs } }) => [
      id,
      effects,
      permission,
      deadlineMs,
    ]);
    expect(declared).toEqual([
      ['builtin.process_await', [], 'allow', 310_000],
      ['builtin.process_read', [], 'allow', 10_000],
      ['builtin.process_end', [], 'allow', 10_000],
    ]);
  });

  it.each([
    ['await', { wait_seconds: 301 }],
    ['await', { wait_seconds: -1 }],
    ['await', { wait_seconds: 1.5 }],
    ['read', { after: -1 }],
    ['read', { after: 2 ** 53 }],
    ['end', { process_id: 'no-uuid' }],
    ['end', { reason: 'because' }],
  ])('refuse %s with %j', async (name, input) => {
    await expect(async () => (await createBench()).run(name, input)).rejects.toThrow('invalid');
  });

  it('know no process of another scope', async () => {
    const bench = await createBench();
    const unknown = { kind: 'failed', code: 'unknown_process', effect: 'none' };
    for (const name of ['await', 'read', 'end']) {
      expect(await bench.run(name, {}, buildScope({ threadId: 'thread-2' }))).toMatchObject(unknown);
    }
    expect(bench.work.terms.signal.aborted).toBe(false);
  });
});

describe('process_await', () => {
  it('waits for the end and says what came of it', async () => {
    const bench = await createBench();
    const waiting = bench.output('await', { wait_seconds: 60 });
    await bench.world.advance(2_000);
    bench.work.finish();
    expect(await waiting).toEqual({
      process_id: bench.processId,
      capability: 'notes.watch',
      status: 'completed',
      duration_ms: 2_000,
      result: { kind: 'completed', output: { done: true }, output_bytes: 13 },
    });
  });

  it('says how a process failed, and what is known of its effect', async () => {
    const bench = await createBench();
    bench.work.finish({ kind: 'failed', errorKind: 'exit_3', message: 'It ended with 3.', effect: 'happened' });
    expect(await bench.output('await')).toMatchObject({
      status: 'failed',
      result: { kind: 'failed', error_kind: 'exit_3', message: 'It ended with 3.', effect: 'happened' },
    });
  });

  it.each([
    ['its time is over', 30_000],
    ['its call is cancelled', 0],
  ])('says that it still runs when %s', async (_why, ms) => {
    const bench = await createBench();
    const waiting = bench.output('await');
    await bench.world.advance(ms);
    if (ms === 0) bench.stop.abort();
    expect(await waiting).toEqual({ process_id: bench.processId, capability: 'notes.watch', status: 'running' });
  });

  it.each([
    ['too large', 'x'.repeat(960 * 1024), 960 * 1024 + 2],
    ['too deep', JSON.parse('['.repeat(63) + ']'.repeat(63)), 126],
  ])('withholds an output that is %s, and says so', async (_how, output, outputBytes) => {
    const bench = await createBench();
    const result: ProcessResult = { kind: 'completed', output, outputBytes };
    bench.work.finish(result);
    const withheld = 'The output is too large or too deeply nested to be shown.';
    expect(await bench.output('await')).toMatchObject({
      result: { kind: 'completed', output: null, output_bytes: outputBytes, withheld },
    });
  });
});

describe('process_read', () => {
  it('shows what there is since the last reading', async () => {
    const bench = await createBench();
    bench.work.terms.progress('one');
    const base = { process_id: bench.processId, status: 'running', source: 'live' };
    expect(await bench.output('read')).toEqual({ ...base, text: 'one', from: 0, next: 3 });
    bench.work.terms.progress(' two');
    expect(await bench.output('read', { after: 3 })).toEqual({ ...base, text: ' two', from: 3, next: 7 });
  });
});

describe('process_end', () => {
  it('tells a process to stop, once', async () => {
    const bench = await createBench();
    const { processId } = bench;
    expect(await bench.output('end')).toEqual({ process_id: processId, outcome: 'ending', status: 'running' });
    expect(bench.work.terms.signal.aborted).toBe(true);
    bench.work.finish();
    expect(await bench.output('await')).toMatchObject({ status: 'cancelled', cancel_reason: 'tool_requested' });
    const over = { process_id: processId, outcome: 'already_ended', status: 'cancelled' };
    expect(await bench.output('end')).toEqual(over);
  });
});
