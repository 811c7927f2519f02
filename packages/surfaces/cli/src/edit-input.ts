/**
 * The input of a call in the person's editor.
 *
 * Not here: whether what comes back is taken (`ask.ts`).
 */
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseJson, type JsonValue } from '@reborn/host-api';
import { readTextFile } from './text-file.ts';

/** Larger than what any capability takes. Units: UTF-8 bytes. */
const EDIT_BYTES_MAX = 8 * 1024 * 1024;

export type Edited =
  | { readonly kind: 'edited'; readonly input: JsonValue }
  | { readonly kind: 'failed'; readonly why: string };

/**
 * In a folder that only this user can enter, and only for as long as the editor runs. Errors: `host-api/invalid_json`,
 * `cli/unreadable_file`.
 */
export async function editInput(editor: string | undefined, input: JsonValue, home: string): Promise<Edited> {
  if (editor === undefined)
    return {
      kind: 'failed',
      why: 'No editor is set: set VISUAL or EDITOR, or answer with `reborn approve <gate> --edit @file`.',
    };
  const folder = await mkdtemp(join(home, 'edit-'));
  try {
    const file = join(folder, 'input.json');
    await writeFile(file, `${JSON.stringify(input, null, 2)}\n`, { mode: 0o600 });
    if ((await runEditor(editor, file)) !== 0)
      return { kind: 'failed', why: 'The editor did not end well; nothing is changed.' };
    const text = await readTextFile(file, 'edited input', EDIT_BYTES_MAX);
    return { kind: 'edited', input: parseJson(text, 'edited input', EDIT_BYTES_MAX) };
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
