#!/usr/bin/env node
/** The command `reborn`. */
import { createMachine } from './compose.ts';
import { runCli } from './cli.ts';

process.exitCode = await runCli(process.argv.slice(2), createMachine());
