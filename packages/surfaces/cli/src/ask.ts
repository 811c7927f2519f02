/**
 * Asking the person at the terminal about one gate, with the input as it will be executed in front of them.
 *
 * Not here: what an answer leads to (`@reborn/host-runtime`), answering from another process (`commands/answer.ts`).
 */
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isCancel, select } from '@clack/prompts';
import { isFault, parseJson, type GateRow, type JsonValue } from '@reborn/host-api';
import { resolveOpenGate, type Answering } from './resolve-gate.ts';
import { gateLines } from './render/run-lines.ts';
import { oneLine, paint } from './render/style.ts';
import { readTextFile } from './text-file.ts';

/** More lines are shown when the person asks for them. */
const LINES_SHOWN_MAX = 200;
const EDIT_BYTES_MAX = 8 * 1024 * 1024;

/** True when the gate was answered, by this person or by somebody else meanwhile. */
export async function askAbout(answering: Answering, gate: GateRow, home: string): Promise<boolean> {
  const { io } = answering.machine;
  let all = false;
  for (;;) {
    const cut = showGate(answering, gate, all);
    const choice = await select({
      message: 'May this be done?',
      options: [
        { value: 'approve', label: 'Approve', hint: 'exactly this input, once' },
        { value: 'deny', label: 'Deny' },
        {
          value: 'edit',
          label: 'Edit the input',
          hint: io.editor === undefined ? 'set EDITOR first' : 'then approve it',
        },
        ...(cut ? [{ value: 'all', label: 'Show all of it' }] : []),
        { value: 'leave', label: 'Leave it open', hint: 'answer later with `reborn approve` or `reborn deny`' },
      ],
      initialValue: 'leave',
      signal: io.interrupted,
    });
    if (isCancel(choice) || choice === 'leave') return false;
    if (choice === 'all') {
      all = true;
      continue;
    }
    if (await tryAnswer(answering, gate, choice, home)) return true;
  }
}

function showGate(answering: Answering, gate: GateRow, all: boolean): boolean {
  const { io } = answering.machine;
  const lines = gateLines(gate);
  const shown = all ? lines : lines.slice(0, LINES_SHOWN_MAX);
  io.out(`\n${shown.join('\n')}\n`);
  const hidden = lines.length - shown.length;
  if (hidden > 0)
    io.out(
      `${paint(`    … ${hidden} more lines are NOT shown here. Choose "Show all of it" to see them.`, 'bad', io)}\n`,
    );
  return hidden > 0;
}

/** A mistake is said, and the question asked again. */
async function tryAnswer(answering: Answering, gate: GateRow, choice: string, home: string): Promise<boolean> {
  const { io } = answering.machine;
  try {
    const input = choice === 'edit' ? await edit(answering, gate, home) : undefined;
    if (choice === 'edit' && input === undefined) return false;
    const decision = choice === 'deny' ? 'deny' : 'approve';
    const { gateId, receipt } = gate;
    await resolveOpenGate(
      answering,
      { gateId, tenantId: receipt.scope.tenantId },
      { decision, ...(input === undefined ? {} : { input }) },
    );
    return true;
  } catch (error) {
    if (!isFault(error)) throw error;
    if (error.code === 'cli/gate_closed') return true;
    io.err(`${oneLine(`${error.message}. ${error.remedy}`, 500)}\n`);
    return false;
  }
}

/** In a folder that only this user can enter, and only for as long as the editor runs. */
async function edit(answering: Answering, gate: GateRow, home: string): Promise<JsonValue | undefined> {
  const { editor, err } = answering.machine.io;
  if (editor === undefined) {
    err('No editor is set: set VISUAL or EDITOR, or answer with `reborn approve <gate> --edit @file`.\n');
    return undefined;
  }
  const folder = await mkdtemp(join(home, 'edit-'));
  try {
    const file = join(folder, 'input.json');
    await writeFile(file, `${JSON.stringify(gate.input, null, 2)}\n`, { mode: 0o600 });
    const code = await runEditor(editor, file);
    if (code !== 0) {
      err('The editor did not end well; nothing is changed.\n');
      return undefined;
    }
    return parseJson(await readTextFile(file, 'edited input', EDIT_BYTES_MAX), 'edited input', EDIT_BYTES_MAX);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** An editor may be a whole command line. */
function runEditor(editor: string, file: string): Promise<number> {
  return new Promise((resolve) => {
    const child = spawn('/bin/sh', ['-c', `${editor} "$1"`, 'sh', file], { stdio: 'inherit' });
    child.on('error', () => resolve(1));
    child.on('close', (code) => resolve(code ?? 1));
  });
}
