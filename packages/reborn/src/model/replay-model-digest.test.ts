import { readdirSync, readFileSync } from 'node:fs';
import { capabilityIdSchema, isJsonObject, type JsonObject, type JsonValue } from '@reborn/host-api';
import type { ModelMessage, ModelTool, ToolCall, ToolResult } from '@reborn/turns/loop';
import { describe, expect, it } from 'vitest';
import { parseRecording } from './recording.ts';
import { createReplayModel } from './replay-model.ts';

const example = new URL('../../../examples/notes-digest/', import.meta.url);
const recording = parseRecording(readFileSync(new URL('recording.json', example), 'utf8'));
const digestPath = 'digests/open-tasks.md';
const approvalDenied: ToolResult = { kind: 'failed', failureKind: 'approval_denied', effect: 'none', message: 'No.' };
const uncertain: ToolResult = { kind: 'failed', failureKind: 'uncertain', effect: 'uncertain', message: 'Unknown.' };

describe('the recording of the notes digest', () => {
  it('writes a digest with every open task and decision of the notes', () => {
    const notes = exampleNotes();
    const text = [...notes.values()].join('\n');
    const tasks = text.split('\n').filter((line) => line.includes('- [ ]')).length;
    const decisions = text.split('\n').filter((line) => line.includes('Decision:')).length;
    return play(notes).then(({ reply, files }) => {
      expect(tasks).toBeGreaterThan(20);
      expect(reply).toContain(`Notes looked through: ${notes.size}`);
      expect(reply).toContain(`Open tasks: ${tasks},`);
      expect(reply).toContain(`Decisions: ${decisions},`);
      expect(reply).toContain('no note was changed');
      const digest = files.get(digestPath) ?? '';
      expect(digest.split('\n').filter((line) => line.startsWith('- [ ] '))).toHaveLength(tasks);
      expect(digest).not.toContain('1,920');
    });
  });

  it('gives the same digest when it is run again beside the first one', async () => {
    const first = await play(exampleNotes());
    const second = await play(first.files);
    expect(second.files.get(digestPath)).toBe(first.files.get(digestPath));
    expect(second.reply).toBe(first.reply);
  });

  it('works in a folder without tasks, by reading the first notes', async () => {
    const { reply, files, calls } = await play(
      new Map([
        ['a.txt', 'no'],
        ['sub/b.md', 'plain\n'],
      ]),
    );
    expect(reply).toContain('Open tasks: 0,');
    expect(files.get(digestPath)).toContain('None.');
    expect(calls).toContain('builtin.read_file sub/b.md');
  });

  it('says politely that there is nothing in a folder without notes', async () => {
    const { reply, files } = await play(new Map([['a.txt', '- [ ] not a note']]));
    expect(reply).toContain('There are no Markdown notes in this folder');
    expect(files.has(digestPath)).toBe(false);
  });

  it('says that nothing was written when the person declines', async () => {
    const { reply } = await play(exampleNotes(), { write: approvalDenied });
    expect(reply).toMatch(/^You declined the write, so nothing was written\./);
  });

  it('looks instead of writing again when the write is uncertain', async () => {
    const landed = await play(exampleNotes(), { write: uncertain, landed: true });
    expect(landed.reply).toContain('but it did happen');
    const lost = await play(exampleNotes(), { write: uncertain, landed: false });
    expect(lost.reply).toContain('the digest is not there');
    const before = await play(new Map([...exampleNotes(), [digestPath, 'old']]), { write: uncertain, landed: false });
    expect(before.reply).toContain('I cannot tell whether it happened');
    const writes = landed.calls.filter((call) => call === `builtin.write_file ${digestPath}`);
    expect(writes).toHaveLength(1);
  });

  it('is left where a note may be overwritten', async () => {
    const { reply } = await play(exampleNotes(), { overwriteAllowed: true });
    expect(reply).toBe(
      'Step "overwrite": the recording expects builtin.write_file to fail (denied), but it succeeded.',
    );
  });
});

interface Turn {
  readonly write?: ToolResult;
  readonly landed?: boolean;
  readonly overwriteAllowed?: boolean;
}

interface Played {
  readonly reply: string;
  readonly files: ReadonlyMap<string, string>;
  readonly calls: readonly string[];
}

async function play(folder: ReadonlyMap<string, string>, turn: Turn = {}): Promise<Played> {
  const files = new Map(folder);
  const calls: string[] = [];
  const messages: ModelMessage[] = [{ role: 'user', text: recording.user ?? '' }];
  for (;;) {
    const model = createReplayModel(recording);
    const outcome = await model.complete({ system: '', messages, tools }, { signal: new AbortController().signal });
    if (outcome.kind === 'failed') return { reply: outcome.explanation, files, calls };
    messages.push({ role: 'assistant', text: outcome.text, calls: outcome.calls });
    if (outcome.calls.length === 0) return { reply: outcome.text, files, calls };
    for (const call of outcome.calls) {
      calls.push(`${call.capabilityId} ${text(call, 'path')}`);
      const { callId, capabilityId } = call;
      messages.push({ role: 'tool', callId, capabilityId, result: answer(call, files, turn) });
    }
  }
}

function answer(call: ToolCall, files: Map<string, string>, turn: Turn): ToolResult {
  const path = text(call, 'path');
  switch (call.capabilityId) {
    case 'builtin.list_dir':
      return completed({ path: '.', entries: list(files), truncated: false });
    case 'builtin.grep':
      return completed({ matches: grep(files, text(call, 'pattern').replaceAll('\\', '')) });
    case 'builtin.read_file':
      return read(files, path);
    default:
      if (!path.startsWith('digests/') && turn.overwriteAllowed !== true) {
        return { kind: 'failed', failureKind: 'denied', effect: 'none', message: 'Not here.' };
      }
      if (turn.write === undefined || turn.landed === true) files.set(path, text(call, 'content'));
      return turn.write ?? completed({ path, bytes_written: 1, success: true, created: true });
  }
}

function list(files: ReadonlyMap<string, string>): JsonValue {
  return sorted(files).map(([path]) => {
    return { name: path.split('/').at(-1) ?? '', path, kind: 'file', size: 1, size_label: '1 B' };
  });
}

function grep(files: ReadonlyMap<string, string>, words: string): JsonValue {
  return sorted(files).flatMap(([path, content]) => {
    return content
      .split('\n')
      .flatMap((line, at) => (line.includes(words) ? [{ path, line: at + 1, text: line }] : []));
  });
}

function read(files: ReadonlyMap<string, string>, path: string): ToolResult {
  const content = files.get(path);
  if (content === undefined) {
    return { kind: 'failed', failureKind: 'not_found', effect: 'none', message: 'Nothing here.' };
  }
  const lines = content.split('\n');
  return completed({ path, content, lines, total_lines: lines.length, lines_shown: lines.length });
}

function exampleNotes(): Map<string, string> {
  const folder = new URL('notes/', example);
  const paths = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.md'));
  return new Map(paths.map((path) => [path, readFileSync(new URL(path, folder), 'utf8')]));
}

function sorted(files: ReadonlyMap<string, string>): [string, string][] {
  return [...files].sort(([a], [b]) => (a < b ? -1 : 1));
}

function text(call: ToolCall, field: string): string {
  const value = isJsonObject(call.input) ? call.input[field] : undefined;
  return typeof value === 'string' ? value : '';
}

function completed(output: JsonObject): ToolResult {
  return { kind: 'completed', output };
}

const tools: readonly ModelTool[] = ['list_dir', 'grep', 'read_file', 'write_file'].map((name) => ({
  capabilityId: capabilityIdSchema.parse(`builtin.${name}`),
  description: '',
  inputSchema: {},
}));
