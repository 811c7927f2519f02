/**
 * The one table of Reborn's rooms. The import rules, the drawn graph, the Nx tags, the pinned doors and the line budgets
 * derive from it; a package without a row does not pass.
 *
 * Not here: what a row means (`room-table.ts`), what follows from it (`rules.ts`).
 */
import { defineRooms, type RoomTable } from './room-table.ts';

const EXAMPLE_LIBRARIES = ['zod'];
const STORAGE_KEYS = ['@reborn/turns/runner'];

/** Reborn's own table, read from the ground up. */
export const rebornRooms: RoomTable = defineRooms({
  rooms: {
    // Floor 0: words.
    '@reborn/host-api': {
      folder: 'packages/host-api',
      floor: 0,
      doors: ['.', './testkit'],
      libraries: ['zod', 'canonicalize', '@noble/hashes', 'decimal.js'],
      linesMax: 5800,
    },
    // Floor 1: what happened · where a run stands.
    '@reborn/events': {
      folder: 'packages/events',
      floor: 1,
      doors: ['.', './testkit'],
      libraries: ['zod'],
      linesMax: 6100,
    },
    '@reborn/turns': {
      folder: 'packages/turns',
      floor: 1,
      doors: ['.', './loop', './runner', './testkit'],
      libraries: ['zod'],
      linesMax: 3000,
    },
    // Floor 2: policy · mediation.
    '@reborn/hooks': {
      folder: 'packages/hooks',
      floor: 2,
      doors: ['.', './testkit'],
      libraries: ['zod'],
      linesMax: 2500,
    },
    '@reborn/host-runtime': {
      folder: 'packages/host-runtime',
      floor: 2,
      doors: ['.', './testkit'],
      libraries: ['ipaddr.js', 're2js', 'zod'],
      linesMax: 14900,
    },
    // Floor 3: assembly.
    '@reborn/reborn': {
      folder: 'packages/reborn',
      floor: 3,
      doors: ['.', './testkit'],
      libraries: ['zod'],
      keys: ['@reborn/turns/runner'],
      linesMax: 5700,
    },
    // Outside: one driver each.
    '@reborn/adapter-node': {
      folder: 'packages/adapters/node',
      floor: 'adapter',
      drivers: ['node:*', 'uuid'],
      machine: 'all',
      linesMax: 2000,
    },
    '@reborn/adapter-sqlite': {
      folder: 'packages/adapters/sqlite',
      floor: 'adapter',
      doors: ['.', './testkit'],
      entries: ['src/writer/worker.ts', 'src/testkit/scripted-driver.ts'],
      drivers: ['better-sqlite3', 'node:*'],
      keys: STORAGE_KEYS,
      linesMax: 3300,
    },
    '@reborn/adapter-postgres': {
      folder: 'packages/adapters/postgres',
      floor: 'adapter',
      drivers: ['pg', 'node:*'],
      libraries: ['zod'],
      keys: STORAGE_KEYS,
      linesMax: 3200,
    },
    '@reborn/adapter-ai-sdk-model': {
      folder: 'packages/adapters/ai-sdk-model',
      floor: 'adapter',
      drivers: ['ai', '@ai-sdk/openai-compatible'],
      linesMax: 800,
    },
    // Outside: what people talk to.
    '@reborn/cli': {
      folder: 'packages/surfaces/cli',
      floor: 'surface',
      drivers: ['commander', 'picocolors', '@clack/prompts', 'node:*'],
      libraries: ['zod'],
      linesMax: 5600,
    },
    // Outside: small real programs.
    '@reborn/example-notes-digest': example('packages/examples/notes-digest'),
    '@reborn/example-own-budget': example('packages/examples/own-budget'),
    '@reborn/example-own-credentials': example('packages/examples/own-credentials'),
    '@reborn/example-own-effects': example('packages/examples/own-effects', ['src/killed.ts']),
    '@reborn/example-own-extension': example('packages/examples/own-extension'),
    '@reborn/example-own-gate': example('packages/examples/own-gate', ['src/answers.ts']),
    '@reborn/example-own-loop': example('packages/examples/own-loop'),
    '@reborn/example-own-store': example('packages/examples/own-store'),
    '@reborn/example-own-tool': example('packages/examples/own-tool', ['src/governed.ts']),
    '@reborn/example-watch-run': example('packages/examples/watch-run'),
    // Outside: what builds, measures and checks the rest.
    '@reborn/bench': {
      ...tool(
        'tools/bench',
        [],
        [
          'src/main.ts',
          'src/child.ts',
          'src/host-runtime/process/resume-ai-sdk.ts',
          'src/host-runtime/process/resume-bare.ts',
          'src/host-runtime/process/resume-langgraph.ts',
          'src/host-runtime/process/resume-reborn.ts',
        ],
      ),
      drivers: ['node:*', 'better-sqlite3', 'pg'],
      linesMax: 6000,
    },
    '@reborn/boundaries': tool('tools/boundaries', ['.'], ['src/main.ts']),
    // The machine of tests and benchmarks: imported as adapters are.
    '@reborn/postgres-server': {
      folder: 'tools/postgres-server',
      floor: 'adapter',
      doors: ['.', './vitest'],
      drivers: ['node:*', 'pg'],
      machine: 'all',
      linesMax: 500,
    },
    '@reborn/reference': tool('tools/reference', [], ['src/main.ts', 'src/publish-check.ts', 'src/snippets.ts']),
    // The simulated machine: its invariants are imported by the harness for real ones.
    '@reborn/simulator': {
      folder: 'tools/simulator',
      floor: 'adapter',
      doors: ['.'],
      drivers: ['node:*'],
      libraries: ['fast-check', 'zod'],
      entries: ['src/main.ts'],
      machine: 'all',
      linesMax: 6200,
    },
    '@reborn/torture': {
      ...tool(
        'tools/torture',
        [],
        [
          'src/main.ts',
          'src/child.ts',
          'src/job.ts',
          'src/effect-recorder.ts',
          'src/sqlite/point-driver.ts',
          'src/trial/watchdog-thread.ts',
        ],
      ),
      drivers: ['node:*', 'better-sqlite3', 'pg'],
      linesMax: 3600,
    },
  },
  composers: ['**/compose.ts', 'packages/examples/**', 'tools/**'],
  lockedDoors: ['@reborn/turns/runner'],
  narrowPassages: [
    { from: ['packages/hooks/**', 'packages/reborn/src/agent-loop/**'], room: '@reborn/turns', doors: ['./loop'] },
  ],
  guests: [{ folder: 'packages/reborn/src/agent-loop', imports: ['@reborn/host-api', '@reborn/turns/loop'] }],
  modulesMin: 51,
  conditions: ['@reborn/source'],
  pinsFile: 'tools/boundaries/pins.json',
  graphFile: 'docs/reference/graph.md',
  nxTags: true,
  updateCommand: 'npm run boundaries -- --update',
});

/** `programs`: what is started besides `src/main.ts`. */
function example(folder: string, programs: readonly string[] = []) {
  return {
    folder,
    floor: 'example',
    doors: [],
    entries: ['src/main.ts', ...programs],
    drivers: ['node:*'],
    libraries: EXAMPLE_LIBRARIES,
    linesMax: 800,
  } as const;
}

function tool(folder: string, doors: readonly string[], entries: readonly string[]) {
  return {
    folder,
    floor: 'tool',
    doors,
    entries,
    drivers: ['node:*', 'better-sqlite3'],
    libraries: ['dependency-cruiser', 'fast-check', 'typescript', 'zod'],
    linesMax: 3000,
  } as const;
}
