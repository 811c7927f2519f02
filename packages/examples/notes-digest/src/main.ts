/** `npm start`: one governed turn over a folder of notes, killed in the middle. */
import { createCliStarter } from './cli-process.ts';
import { demonstrate } from './demonstration.ts';
import { createObservations } from './observations.ts';
import { readOptions, USAGE, type DemonstrationOptions } from './options.ts';
import { preparePlace } from './place.ts';
import { createScreen } from './screen.ts';

const write = (text: string): void => void process.stdout.write(text);
const columns = (): number | undefined => (process.stdout.isTTY ? process.stdout.columns || undefined : undefined);

process.exitCode = await main(process.argv.slice(2));

async function main(argv: readonly string[]): Promise<number> {
  const options = readOptions(argv);
  if (options === 'help') {
    write(USAGE);
    return 0;
  }
  if ('wrong' in options) {
    process.stderr.write(`${options.wrong}\n\n${USAGE}`);
    return 2;
  }
  if (options.interactive && !(process.stdin.isTTY && process.stdout.isTTY)) {
    process.stderr.write('--interactive needs a terminal at which somebody can be asked.\n');
    return 2;
  }
  try {
    return await show(options);
  } catch (error) {
    process.stderr.write(`\n${error instanceof Error ? error.message : 'The demonstration could not be shown.'}\n`);
    return 1;
  }
}

async function show(options: DemonstrationOptions): Promise<number> {
  const began = performance.now();
  const place = await preparePlace(options);
  const cli = createCliStarter(place.cwd);
  // Without its children the demonstration ends by itself, and cleans up.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => cli.stopAll());
  const seen = createObservations();
  write('Reborn: one governed turn over a folder of notes, killed in the middle\n');
  write('======================================================================\n');
  write(
    options.dir === undefined
      ? 'Works on a copy of the notes of a small tool library.\n'
      : `Works in ${options.dir}: reads it, and writes the digest that is approved.\n`,
  );
  if (options.live !== undefined)
    write('The model is live: nothing that the shipped recording leads to is expected of it, or checked.\n');
  try {
    await demonstrate({ options, place, cli, screen: createScreen(write, columns), seen });
  } finally {
    cli.stopAll();
    if (options.keep) write(`\nLeft in place: ${place.temporary}\n`);
    else await place.remove();
  }
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  write(`\nSeen in these ${seconds} s:\n${seen.seen.map((claim) => `   ok       ${claim}\n`).join('')}`);
  if (seen.missing.length === 0) return 0;
  write(`\nNOT seen:\n${seen.missing.map((claim) => `   missing  ${claim}\n`).join('')}`);
  return 1;
}
