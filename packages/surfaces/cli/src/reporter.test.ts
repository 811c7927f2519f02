import type { LogRecord } from '@reborn/events';
import { describe, expect, it } from 'vitest';
import type { CliIo } from './machine.ts';
import { createReporter } from './reporter.ts';
import type { Happening } from './story.ts';

function open(io: Partial<CliIo>, json = false): { reporter: ReturnType<typeof createReporter>; said: string[] } {
  const said: string[] = [];
  const whole: CliIo = {
    out: (text) => void said.push(text),
    err: () => undefined,
    drained: () => Promise.resolve(),
    input: () => Promise.resolve(''),
    terminal: true,
    colour: false,
    columns: 80,
    interrupted: new AbortController().signal,
    editor: undefined,
    ...io,
  };
  return { reporter: createReporter(whole, json), said };
}

/** As much of a record as a reporter looks at. */
function happened(kind: 'model_started' | 'model_completed', atMs: number): Happening {
  return { kind: 'record', key: kind, atMs, family: 'runtime', cursor: 1, record: { kind, atMs } as LogRecord };
}

describe('what a reporter says while a model is asked', () => {
  it('is how long, at a terminal, and is written over by what comes next', () => {
    const { reporter, said } = open({});
    reporter.show(happened('model_started', 1_000));
    reporter.waiting(1_900);
    expect(said).toEqual([]);
    reporter.waiting(3_200);
    expect(said).toEqual(['model     thinks, 2 s']);
    reporter.line({ label: 'call', text: 'x', tone: 'plain' });
    expect(said.slice(1)).toEqual([`\r${' '.repeat(21)}\r`, 'call      x\n']);
    reporter.show(happened('model_completed', 3_300));
    reporter.waiting(9_000);
    expect(said).toHaveLength(3);
  });

  it.each([
    ['a pipe', { terminal: false }, false],
    ['a program', {}, true],
  ] as const)('is nothing for %s', (_name, io, json) => {
    const { reporter, said } = open(io, json);
    reporter.show(happened('model_started', 0));
    reporter.waiting(60_000);
    reporter.rest();
    expect(said).toEqual([]);
  });
});
