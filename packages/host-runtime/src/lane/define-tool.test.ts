import { buildMountView } from '@reborn/host-api/testkit';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { defineTool } from './define-tool.ts';

const base = {
  id: 'notes.post',
  description: 'Posts a note.',
  input: z.strictObject({ text: z.string() }),
  effects: ['network', 'use_secret'],
  run: () => null,
} as const;

describe('defineTool', () => {
  it('declares nothing that was not defined', () => {
    const tool = defineTool(base);
    expect(Object.keys(tool).sort()).toEqual(['checkInput', 'descriptor', 'provider', 'run']);
    expect(Object.keys(tool.descriptor).sort()).toEqual([
      'deadlineMs',
      'description',
      'effects',
      'id',
      'inputSchema',
      'outputBytesMax',
      'permission',
      'provider',
    ]);
  });

  it('declares what was defined: credentials, targets, estimate, output, lane, mounts and document', () => {
    const mounts = buildMountView();
    const tool = defineTool({
      ...base,
      output: z.strictObject({ id: z.int() }),
      credentials: [{ handle: 'notes_key' as never, required: false }],
      targets: [{ host: 'notes.example' }],
      estimate: { egressBytes: 1000 },
      lane: 'process',
      mounts,
      prompt: 'Posts.',
    });
    expect(tool.descriptor).toMatchObject({
      credentials: [{ handle: 'notes_key', required: false }],
      targets: [{ host: 'notes.example' }],
      estimate: { egressBytes: 1000 },
      outputSchema: { type: 'object', required: ['id'], additionalProperties: false },
    });
    expect([tool.lane, tool.mounts, tool.prompt]).toEqual(['process', mounts, 'Posts.']);
  });

  it('refuses an input of more bytes than it takes', () => {
    const tool = defineTool({ ...base, inputBytesMax: 14 });
    expect(tool.checkInput({ text: 'aä' }).kind).toBe('valid');
    expect(tool.checkInput({ text: 'ää' })).toEqual({
      kind: 'invalid',
      field: 'input',
      rule: 'must be at most 14 bytes',
    });
  });
});
