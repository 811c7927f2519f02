/** What an agent has besides files: nothing of a network and no commands, unless a named configuration says so. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { jsonLines, makeWorld, type World } from './world.ts';

type Call = readonly [tool: string, input: object, expect?: string];

let world: World;
beforeEach(async () => void (world = await makeWorld()));
afterEach(() => world.remove());

/** Plays these calls, approves whatever is asked, and gives what each of them came to. */
async function play(config: object | undefined, ...calls: readonly Call[]) {
  const steps = calls.map(([tool, input, outcome = 'completed'], at) => ({
    id: `s${at}`,
    calls: [{ id: `c${at}`, tool, input, expect: outcome }],
  }));
  const recording = { version: 1, title: 'test', user: null, steps: [...steps, { id: 'done', say: 'Done.' }] };
  await writeFile(join(world.folder, 'recording.json'), JSON.stringify(recording));
  const named = config === undefined ? [] : ['--config', 'mine.json'];
  if (config !== undefined) await writeFile(join(world.folder, 'mine.json'), JSON.stringify(config));
  const said = [
    await world.call(['run', 'Go.', '--dir', 'notes', '--recording', 'recording.json', '--json', ...named]),
  ];
  while (said.at(-1)?.code === 3) {
    const [gate] = (jsonLines(said.at(-1)?.out ?? '').at(-1) as { gates: { gateId: string }[] }).gates;
    said.push(await world.call(['approve', gate?.gateId ?? '', '--json']));
  }
  const returned = said.flatMap(({ out }) => jsonLines(out)).filter(({ what }) => what === 'returned');
  return { last: said.at(-1), outcomes: returned.map(({ output, failure }) => output ?? failure) };
}

describe('an agent', () => {
  it('has no commands and no network where nobody opened them', async () => {
    for (const tool of ['builtin.shell', 'builtin.http']) {
      const { last } = await play(undefined, [tool, { command: 'true' }]);
      expect([last?.code, last?.out]).toEqual([
        1,
        expect.stringContaining(`calls ${tool}, which this agent does not have`),
      ]);
    }
  });

  it('has small tools that need nothing, and patches no originals', async () => {
    const patch = { path: 'a.md', old_string: 'one', new_string: 'two' };
    const { last, outcomes } = await play(
      undefined,
      ['builtin.echo', { message: 'hi' }],
      ['builtin.glob', { pattern: '*.md' }],
      ['builtin.read_file', { path: 'a.md' }],
      ['builtin.apply_patch', patch, 'denied'],
    );
    expect(last?.code).toBe(0);
    expect(outcomes.slice(0, 2)).toMatchObject([{ message: 'hi' }, {}]);
    expect(JSON.stringify(outcomes[1])).toContain('a.md');
    expect(outcomes[3]).toMatchObject({ failureKind: 'denied', effect: 'none' });
  });

  it('runs commands in a sandbox that shows the rules of this command line, or not at all', async () => {
    const command = 'cat a.md; echo new > digests/out.md; echo no > a.md; ls /home; cat ../.reborn/agent.db';
    const { outcomes } = await play({ shell: true, workspace: 'notes' }, ['builtin.shell', { command }]);
    const [outcome] = outcomes as { sandboxed?: boolean; output?: string; message?: string }[];
    if (outcome?.sandboxed !== true) return expect(outcome?.message).toContain('this machine offers none');
    expect(outcome.output).toContain('- [ ] one');
    expect(outcome.output).toMatch(/a\.md: Read-only file system/);
    expect(await readFile(join(world.folder, 'notes/digests/out.md'), 'utf8')).toBe('new\n');
    expect(await readFile(join(world.folder, 'notes/a.md'), 'utf8')).toContain('# A');
  });

  describe('with a network', () => {
    let server: Server;
    beforeEach(async () => {
      server = createServer((_, response) => void response.end('hello'));
      await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    });
    afterEach(() => void server.close());

    it('reaches the hosts that were opened to it, asking each time, and no others', async () => {
      const { port } = server.address() as AddressInfo;
      const url = `http://127.0.0.1:${port}/`;
      const network = [{ scheme: 'http', host: '127.0.0.1', port, private: true }];
      const opened = await play(
        { network },
        ['builtin.http', { url }],
        ['builtin.http', { url: 'https://example.org/' }, 'capability_failed'],
      );
      expect(opened.last?.code).toBe(0);
      expect(opened.outcomes).toMatchObject([
        { status: 200, body_text: 'hello' },
        { failureKind: 'capability_failed', effect: 'none' },
      ]);
      const said = await world.call([
        'run',
        'Go.',
        '--dir',
        'notes',
        '--recording',
        'recording.json',
        '--config',
        'mine.json',
      ]);
      expect(said.out).toMatch(/network +127\.0\.0\.1\n/);
      const anywhere = await play({ network: true }, ['builtin.http', { url }, 'capability_failed']);
      expect(anywhere.outcomes).toMatchObject([{ effect: 'none' }]);
    });
  });
});
