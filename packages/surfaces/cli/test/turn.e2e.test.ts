import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { jsonLines, makeWorld, RUN, type World } from './world.ts';

let world: World;
beforeEach(async () => void (world = await makeWorld()));
afterEach(() => world.remove());

const digest = (): Promise<string> => readFile(join(world.folder, 'notes/digests/out.md'), 'utf8');

describe('a governed turn over processes of their own', () => {
  it('parks, is approved from another process, goes on and can be explained', async () => {
    const parked = await world.spawn(...RUN);
    expect(parked.code).toBe(3);
    expect(parked.out).toContain('a recording, no live model is asked');
    expect(parked.out).toContain('deny by hook:originals (hook_out_of_policy)');
    expect(parked.out, 'piped output has no colours').not.toContain('\u001b');
    await expect(digest()).rejects.toThrow();

    const runs = await world.spawn('runs', '--json');
    const listed = jsonLines(runs.out)[0] as {
      runs: { runId: string; status: string; gates: { gateId: string; input: unknown }[] }[];
    };
    const [run] = listed.runs;
    const gate = run?.gates[0];
    expect(run).toMatchObject({ v: 1, kind: 'run', status: 'parked' });
    expect(gate).toMatchObject({
      v: 1,
      kind: 'gate',
      capabilityId: 'builtin.write_file',
      input: { path: 'digests/out.md' },
    });

    const approved = await world.spawn('approve', String(gate?.gateId).slice(-8), '--json', '--reason', 'looks right');
    expect(approved.code).toBe(0);
    const told = jsonLines(approved.out);
    expect(told[0]).toMatchObject({
      kind: 'gate',
      status: 'approved',
      answer: { decision: 'approve', reason: 'looks right', by: { kind: 'user' } },
    });
    expect(told.at(-1)).toMatchObject({ v: 1, kind: 'run', status: 'completed', reply: 'Done.', sittings: 2 });
    expect(told.slice(1, -1).every(({ kind }) => kind === 'happening')).toBe(true);
    expect(await digest()).toBe('hello\nworld\n');

    const story = await world.spawn('explain', String(run?.runId));
    expect(story.code).toBe(0);
    const order = [
      'submitted',
      'builtin.list_dir',
      'hook:originals',
      'open: builtin.write_file',
      'approved by user',
      'effect happened',
      'run       completed',
    ];
    const places = order.map((words) => story.out.indexOf(words, story.out.indexOf('What happened')));
    expect(places).toEqual(places.toSorted((left, right) => left - right));
    expect(places.every((place) => place > 0)).toBe(true);
    expect(story.out).toContain('reporter: the run is complete');
  });

  it('a denial ends the run politely and nothing is written', async () => {
    const parked = await world.spawn(...RUN, '--json');
    const last = jsonLines(parked.out).at(-1) as { gates: { gateId: string }[] };
    const denied = await world.spawn('deny', String(last.gates[0]?.gateId), '--reason', 'not today');
    expect(denied.code).toBe(0);
    expect(denied.out).toContain('You declined.');
    await expect(digest()).rejects.toThrow();
  });

  it('a process killed while the gate is open leaves it to another one, which executes the edited input', async () => {
    const waiting = world.spawn(...RUN, '--wait');
    await new Promise<void>((resolve) => {
      let out = '';
      waiting.child.stdout?.on('data', (data) => {
        out += String(data);
        if (out.includes('the run waits for an answer')) resolve();
      });
    });
    waiting.child.kill('SIGKILL');
    expect((await waiting).code).toBeNull();
    const { out } = await world.call(['runs', '--json']);
    const gateId = (jsonLines(out)[0] as { runs: { gates: { gateId: string }[] }[] }).runs[0]?.gates[0]?.gateId;
    const input = JSON.stringify({ path: 'digests/out.md', content: 'edited\n' });
    const approved = await world.spawn('approve', String(gateId), '--edit', input);
    expect(approved.code).toBe(0);
    expect(approved.out).toContain('with an edited input');
    expect(await digest()).toBe('edited\n');
  });

  it('stops cleanly when interrupted, and the run can be resumed and cancelled', async () => {
    const waiting = world.spawn(...RUN, '--wait');
    await new Promise<void>((resolve) => {
      waiting.child.stdout?.on('data', (data) => {
        if (String(data).includes('the run waits for an answer')) resolve();
      });
    });
    waiting.child.kill('SIGINT');
    const stopped = await waiting;
    expect(stopped).toMatchObject({ code: 130, err: '' });
    const runId = /resume (\S+)/.exec(stopped.out)?.[1] ?? '';
    expect(await world.call(['runs', 'resume', runId])).toMatchObject({ code: 3 });
    expect(await world.call(['runs', 'cancel', runId])).toMatchObject({ code: 0 });
    expect(await world.call(['runs', 'cancel', runId])).toMatchObject({ code: 0 });
    expect(await world.call(['runs', 'resume', runId])).toMatchObject({ code: 1 });
  });
});
