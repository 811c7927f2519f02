/**
 * Fresh processes that go on with something: started without the types of their program, on the packages as they are
 * published, and timed from outside from their start to their answer.
 *
 * Not here: what they do (`process/`), what is compared (`p12-resume.ts`).
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { stripTypeScriptTypes } from 'node:module';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import type { Side, Work } from '../measure/block.ts';
import type { Context } from '../measure/context.ts';
import { ROOT } from '../measure/work-folder.ts';

/** What such a program may import of ours, and what they stand on. */
const BUILT = ['packages/adapters/node', 'packages/adapters/sqlite', 'packages/host-runtime'];
const FROM_SOURCE = '--conditions=@reborn/source';
/** No process starts and ends in less. Units: milliseconds. */
const FASTEST_MS = 25;

export type ProgramName = 'resume-reborn' | 'resume-bare' | 'resume-langgraph' | 'resume-ai-sdk';

/** Units: milliseconds. `resumeMs`: what the program itself measured; from its start to its answer is `elapsedMs`. */
export interface Answer {
  readonly elapsedMs: number;
  readonly answer: Readonly<Record<string, unknown>>;
}

export interface Programs {
  /** What a reader has to know of how they were started. */
  readonly note: string;
  run(name: ProgramName, task: object): Promise<Answer>;
}

const resumedSchema = z.strictObject({ resumeMs: z.number(), completed: z.literal(true) });

/** Builds the packages, but for quick runs, which show only that everything runs. */
export function createPrograms({ plan, folder }: Context): Programs {
  const built = plan.mode === 'full';
  if (built) {
    const compiler = join(ROOT, 'node_modules/typescript/bin/tsc');
    const { status } = spawnSync(process.execPath, [compiler, '-b', ...BUILT], { cwd: ROOT, stdio: 'inherit' });
    if (status !== 0) throw new Error('The packages could not be built');
  }
  const programs = new Map<ProgramName, Promise<string>>();
  return {
    note: built ? '' : 'from source',
    async run(name, task) {
      const program = programs.get(name) ?? plainCopy(name, folder.file(`${name}.mjs`));
      programs.set(name, program);
      return answerOf([...(built ? [] : [FROM_SOURCE]), await program, JSON.stringify(task)]);
    },
  };
}

/** Repeats fresh processes. Latencies are from start to answer, parts are what each measured itself. */
export async function repeatResumes(minMs: number, resume: () => Promise<Answer>): Promise<Work> {
  const latenciesUs: number[] = [];
  const partsUs: number[] = [];
  let elapsedMs = 0;
  while (elapsedMs < minMs) {
    const { elapsedMs: took, answer } = await resume();
    elapsedMs += took;
    latenciesUs.push(took * 1000);
    partsUs.push(resumedSchema.parse(answer).resumeMs * 1000);
  }
  return { operations: latenciesUs.length, elapsedMs, latenciesUs, partsUs };
}

/** Something of which each can be gone on with once; `make` makes that many more. */
export function resumingSide<T extends object | string>(
  name: string,
  make: (count: number) => Promise<readonly T[]>,
  resume: (one: T) => Promise<Answer>,
): Side {
  const ready: T[] = [];
  return {
    name,
    work: (minMs) =>
      repeatResumes(minMs, async () => {
        const [one] = ready.splice(-1);
        if (one === undefined) throw new Error(`${name} has nothing left to go on with`);
        return resume(one);
      }),
    async prepare(minMs) {
      const wanted = Math.ceil(minMs / FASTEST_MS) + 1;
      if (ready.length < wanted) ready.push(...(await make(wanted - ready.length)));
    },
  };
}

/** Programs are copied to the work folder as JavaScript: what strips types while it runs would be counted as theirs. */
async function plainCopy(name: ProgramName, file: string): Promise<string> {
  const source = await readFile(new URL(`process/${name}.ts`, import.meta.url), 'utf8');
  await writeFile(file, stripTypeScriptTypes(source));
  return file;
}

async function answerOf(args: readonly string[]): Promise<Answer> {
  const start = performance.now();
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  let answered: Answer | undefined;
  for await (const line of createInterface({ input: child.stdout })) {
    answered ??= {
      elapsedMs: performance.now() - start,
      answer: z.record(z.string(), z.unknown()).parse(JSON.parse(line)),
    };
  }
  await ended;
  if (answered === undefined) throw new Error('A program ended without an answer');
  return answered;
}
