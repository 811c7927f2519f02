/** The effect recorder as a process, and what it wrote down. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export interface EffectRecorder {
  readonly port: number;
  /** How often the effect `n` of a round was written down. */
  count(round: string, n: number): number;
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
  const count = (round: string, n: number): number => {
    if (!alive) throw new Error('The effect recorder is gone: what was counted means nothing.');
    return readFileSync(file, 'utf8')
      .split('\n')
      .filter((line) => line === `${round} ${n}`).length;
  };
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM');
    await gone;
  };
  return { port, count, stop };
}
