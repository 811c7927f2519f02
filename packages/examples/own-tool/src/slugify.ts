// Wrapping a function as a governed tool: what it is called, what it takes, what it may do to the world.
import { defineTool } from '@reborn/host-runtime';
import { z } from 'zod';

function slugify(title: string): string {
  return title
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '');
}

export const slugifyTool = defineTool({
  id: 'text.slugify',
  description: 'Turns a title into a name for a file. Use it before you create a note.',
  input: z.strictObject({ title: z.string().min(1).max(200) }),
  effects: [],
  run: ({ title }) => ({ slug: slugify(title) }),
});
