/** The part of `reborn … --json` (version 1, docs/guides/cli.md) that the demonstration reads. */
import { z } from 'zod';
import type { CliStarter } from './cli-process.ts';

const gate = z.object({ gateId: z.string(), capabilityId: z.string(), status: z.string() });
const run = z.object({ runId: z.string(), status: z.string(), sittings: z.number(), gates: z.array(gate) });
const runsAnswer = z.object({ v: z.literal(1), kind: z.literal('runs'), runs: z.array(run) });
const explanation = z.object({
  v: z.literal(1),
  kind: z.literal('explanation'),
  run: run.nullable(),
  calls: z.array(
    z.object({
      capabilityId: z.string(),
      end: z.string(),
      attempts: z.number(),
      verdicts: z.array(z.object({ by: z.string(), verdict: z.string(), code: z.string().optional() })),
    }),
  ),
  story: z.array(
    z.object({ what: z.string(), event: z.string().optional(), facts: z.record(z.string(), z.unknown()).optional() }),
  ),
});

export type RunAnswer = z.infer<typeof run>;
export type ExplanationAnswer = z.infer<typeof explanation>;

/** The newest run of this home. */
export async function askRun(cli: CliStarter, home: readonly string[]): Promise<RunAnswer | undefined> {
  return runsAnswer.parse(await answerOf(cli, ['runs', ...home, '--json'])).runs[0];
}

export async function askExplanation(
  cli: CliStarter,
  home: readonly string[],
  runId: string,
): Promise<ExplanationAnswer> {
  return explanation.parse(await answerOf(cli, ['explain', runId, ...home, '--json']));
}

async function answerOf(cli: CliStarter, args: readonly string[]): Promise<unknown> {
  const { code, lines } = await cli.start(args).ended;
  if (code !== 0) throw new Error(`reborn ${args[0] ?? ''} ended with ${String(code)}: ${lines.at(-1) ?? ''}`);
  return JSON.parse(lines.join('\n'));
}
