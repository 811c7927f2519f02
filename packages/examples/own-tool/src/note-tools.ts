// Two tools: one looks, one changes something. Each says all that it may ever do to the world.
import { defineTool, ToolFailure, type CapabilityHandler } from '@reborn/host-runtime';
import { z } from 'zod';

const input = z.strictObject({ name: z.string().min(1).max(80) });

export function createNoteTools(notes: ReadonlyMap<string, string>): readonly CapabilityHandler[] {
  const read = defineTool({
    id: 'notes.read',
    description: 'Reads a note.',
    input,
    effects: [],
    run: ({ name }) => ({ text: notes.get(name) ?? null }),
  });
  const publish = defineTool({
    id: 'notes.publish',
    description: 'Publishes a note for everybody. It cannot be taken back.',
    input,
    effects: ['external_write'],
    deadlineMs: 2_000,
    outputBytesMax: 1_024,
    run: ({ name }) => {
      const text = notes.get(name);
      if (text === undefined) throw new ToolFailure('no_such_note', `There is no note "${name}".`);
      return { published: name, letters: text.length };
    },
  });
  return [read, publish];
}
