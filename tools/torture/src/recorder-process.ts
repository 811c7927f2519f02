/** The effect recorder as a process, and what it wrote down. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** An effect: which one, of which call, and what it was told to be. */
export interface Happening {
  readonly n: number;
  readonly invocationId: string;
  readonly text: string;
}

export interface EffectRecorder {
  readonly port: number;
  /** What was written down of a round. Order: as it was told. */
  happenings(round: string): readonly Happening[];
  /** Resolves when the process is gone and holds its file no more. */
  stop(): Promise<void>;
}

const RECORDER = fileURLToPath(new URL('./effect-recorder.ts', import.meta.url));

export async function startRecorder(file: string): Promise<EffectRecorder> {
  const child = spawn(process.execPath, [RECORDER, file], { stdio: ['ignore', 'pipe', 'inherit'] });
  const port = await new Promise<number>((resolve) => {
    createInterface({ input: child.stdout }).once('line', (line) => resolve(Number(line)));
  });
  let alive = true;
  const gone = once(child, 'close');
  child.on('exit', () => (alive = false));
  const happenings = (round: string): readonly Happening[] => {
    if (!alive) throw new Error('The effect recorder is gone: what was counted means nothing.');
    const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1);
    return lines.flatMap((line) => {
      const [name, n, invocationId = '', ...words] = line.split(' ');
      return name === round ? [{ n: Number(n), invocationId, text: words.join(' ') }] : [];
    });
  };
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM');
    await gone;
  };
  return { port, happenings, stop };
}
