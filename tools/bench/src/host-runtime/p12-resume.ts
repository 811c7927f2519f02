/** P12: a fresh process goes on with a call that waited for somebody; and what the waiting takes up. */
import { randomUUID } from 'node:crypto';
import { statSync } from 'node:fs';
import { z } from 'zod';
import { alternate, type Series } from '../measure/alternate.ts';
import { P50_US, PART_P50_US, type Side } from '../measure/block.ts';
import { scaled, type Context, type Group } from '../measure/context.ts';
import { PEERS, peerRequire, NOT_INSTALLED } from '../measure/peer.ts';
import { compare, measured, unmeasured, unscored, voidUnlessQuiet, type Row } from '../measure/row.ts';
import { createPrograms, resumingSide, type Programs } from './resuming.ts';

const RESUME_GOAL = 3;
const START_GOAL = 3.2;
const BYTES_GOAL = 1024;
const SUSPENDED = 1000;
const BARE = 'bare';

/** `durable`: of our class, which is the only one that is scored. */
const PEERS_OF_RESUME = {
  'langgraph-shipped': { name: 'LangGraph', durable: false, note: 'as shipped: synchronous=NORMAL, durability async' },
  'langgraph-raised': { name: 'LangGraph, raised', durable: true, note: 'synchronous=FULL, durability sync' },
  'ai-sdk': { name: 'AI SDK', durable: false, note: 'messages in a file of its user; commits nothing' },
} as const;

/** What `process/resume-reborn.ts` hands out; only it knows what a request is. */
const suspendedSchema = z.strictObject({
  calls: z.array(z.strictObject({ request: z.json(), gateId: z.string() })),
});
type Suspended = z.infer<typeof suspendedSchema>['calls'][number];

export const resume: Group = {
  id: 'P12',
  async run(context) {
    const { plan, folder } = context;
    const programs = createPrograms(context);
    const series = await alternate(
      [
        await bareSide(BARE, programs, folder.file('bare.db')),
        rebornSide('reborn', programs, folder.file('reborn.db'), false),
        await bareSide('bare again', programs, folder.file('again.db')),
        rebornSide('reborn, answered', programs, folder.file('answered.db'), true),
      ],
      plan,
    );
    const name = 'a fresh process answers a gate and makes the call ÷ one that reads a row and commits one';
    const answered = 'the same where the gate was answered before';
    const rows = [
      resumeRow(series, context, { id: 'P12.resume', name, subject: 'reborn', goal: RESUME_GOAL, note: programs.note }),
      startRow(series, context, { id: 'P12.start', name, subject: 'reborn', goal: START_GOAL, note: programs.note }),
      resumeRow(series, context, { id: 'P12.resume-answered', name: answered, subject: 'reborn, answered' }),
      startRow(series, context, { id: 'P12.start-answered', name: answered, subject: 'reborn, answered' }),
    ];
    const control = startRow(series, context, { id: 'P12.control', name: 'A/A: bare ÷ bare', subject: 'bare again' });
    return [...voidUnlessQuiet(plan, control, rows), await bytesRow(context, programs)];
  },
};

/** Beside P12: LangGraph interrupts and goes on from its checkpoints; the AI SDK leaves keeping anything to its user. */
export const peersOfResume: Group = {
  id: 'peers.P12',
  async run(context) {
    const { plan, folder } = context;
    if (!isInstalled()) return [unmeasured({ id: 'P12.peers', name: 'a fresh process goes on' }, NOT_INSTALLED)];
    const programs = createPrograms(context);
    const kinds = ['langgraph-shipped', 'langgraph-raised', 'ai-sdk'] as const;
    const sides: Side[] = [await bareSide(BARE, programs, folder.file('bare.db'))];
    for (const kind of kinds) {
      const file = folder.file(`${kind}.db`);
      sides.push(kind === 'ai-sdk' ? aiSdkSide(kind, programs, file) : langGraphSide(kind, programs, file));
    }
    const series = await alternate(sides, plan);
    const rows = kinds.flatMap((kind): Row[] => {
      const { name, note, durable } = PEERS_OF_RESUME[kind];
      const resumed = { id: `P12.resume-${kind}`, name: `${name} answers and goes on`, subject: kind, note };
      const started = { ...resumed, id: `P12.start-${kind}` };
      if (durable) return [resumeRow(series, context, resumed), startRow(series, context, started)];
      return [
        unscored(series, plan, { ...resumed, name: `${name}: answer and result`, metric: PART_P50_US }),
        unscored(series, plan, { ...started, name: `${name}: from the start`, metric: P50_US }),
      ];
    });
    return [...rows, await langGraphBytesRow(context, programs)];
  },
};

interface Compared {
  readonly id: string;
  readonly name: string;
  readonly subject: string;
  readonly goal?: number;
  readonly note?: string;
}

/** From opening the store to the result. */
function resumeRow(series: Series, { plan }: Context, compared: Compared): Row {
  const name = `${compared.name}, p50 from where its store is opened`;
  return compare(series, plan, { ...compared, name, baseline: BARE, metric: PART_P50_US });
}

function startRow(series: Series, { plan }: Context, compared: Compared): Row {
  const name = `${compared.name}, p50 from the start of the process`;
  return compare(series, plan, { ...compared, name, baseline: BARE, metric: P50_US });
}

async function suspend(programs: Programs, file: string, count: number): Promise<readonly Suspended[]> {
  const { answer } = await programs.run('resume-reborn', { kind: 'suspend', file, count });
  return suspendedSchema.parse(answer).calls;
}

function rebornSide(name: string, programs: Programs, file: string, answered: boolean): Side {
  return resumingSide(
    name,
    async (count) => {
      const calls = await suspend(programs, file, count);
      if (answered) await programs.run('resume-reborn', { kind: 'approve', file, calls });
      return calls;
    },
    (call) => programs.run('resume-reborn', { kind: 'resume', file, call, answered }),
  );
}

/** On a database as ours is, with a table of its own. */
async function bareSide(name: string, programs: Programs, file: string): Promise<Side> {
  const [call] = await suspend(programs, file, 1);
  await programs.run('resume-bare', { kind: 'prepare', file });
  const gateId = call?.gateId;
  return resumingSide(
    name,
    async (count) => Array.from({ length: count }, () => ({ kind: 'resume', file, gateId })),
    (task) => programs.run('resume-bare', task),
  );
}

function langGraphSide(kind: 'langgraph-shipped' | 'langgraph-raised', programs: Programs, file: string): Side {
  const where = { peers: PEERS, file, raised: kind === 'langgraph-raised' };
  return resumingSide(
    kind,
    async (count) => {
      const threads = Array.from({ length: count }, () => randomUUID());
      await programs.run('resume-langgraph', { kind: 'suspend', ...where, threads });
      return threads;
    },
    (thread) => programs.run('resume-langgraph', { kind: 'resume', ...where, thread }),
  );
}

/** What it is told to keep is not used up: one file serves for all. */
function aiSdkSide(kind: string, programs: Programs, file: string): Side {
  let kept = false;
  return resumingSide(
    kind,
    async (count) => {
      if (!kept) await programs.run('resume-ai-sdk', { kind: 'suspend', peers: PEERS, file });
      kept = true;
      return Array.from({ length: count }, () => ({ kind: 'resume', peers: PEERS, file }));
    },
    (task) => programs.run('resume-ai-sdk', task),
  );
}

async function bytesRow(context: Context, programs: Programs): Promise<Row> {
  const file = context.folder.file('bytes.db');
  const count = scaled(context, SUSPENDED);
  const bytes = await grownBytes(file, count, (many) => suspend(programs, file, many));
  const name = `growth of the file for each of ${count} suspended calls with a small input, bytes`;
  const what = { id: 'P12.bytes', name, goal: BYTES_GOAL, better: 'lower' } as const;
  return measured(context.plan, what, [bytes], 'bytes');
}

async function langGraphBytesRow(context: Context, programs: Programs): Promise<Row> {
  const file = context.folder.file('bytes.db');
  const count = scaled(context, SUSPENDED);
  const bytes = await grownBytes(file, count, (many) => {
    const threads = Array.from({ length: many }, () => randomUUID());
    return programs.run('resume-langgraph', { kind: 'suspend', peers: PEERS, file, raised: true, threads });
  });
  const name = `LangGraph: growth of the file for each of ${count} interrupted threads, bytes`;
  return measured(context.plan, { id: 'P12.bytes-langgraph', name, better: 'lower' }, [bytes], 'bytes');
}

/** The programs close their stores, which moves the log into the file. The first one makes the tables. */
async function grownBytes(file: string, count: number, add: (count: number) => Promise<unknown>): Promise<number> {
  await add(1);
  const before = statSync(file).size;
  await add(count);
  return (statSync(file).size - before) / count;
}

function isInstalled(): boolean {
  try {
    return peerRequire.resolve('@langchain/langgraph') !== '' && peerRequire.resolve('ai') !== '';
  } catch {
    return false;
  }
}
