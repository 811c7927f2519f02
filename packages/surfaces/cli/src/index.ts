// The command line as a function, its faults, and what it wants to know of its machine.
export { CliError } from './errors.ts';
export { runCli } from './cli.ts';
export { createMachine } from './compose.ts';
export type { CliIo, HostParts, Machine, ModelChoice } from './machine.ts';
