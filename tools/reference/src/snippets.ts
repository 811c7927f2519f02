// Copies the files that documents show into them: `<!-- from path -->` stands above each snippet.
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../../..');
for (const document of ['README.md', ...globSync('docs/guides/*.md', { cwd: root })]) {
  const text = readFileSync(join(root, document), 'utf8');
  const filled = text.replaceAll(
    /(<!-- from (\S+) -->\n\n```(?:ts|js|json)\n)[^]*?```/g,
    (_all, head: string, file: string) => {
      return `${head}${readFileSync(join(root, file), 'utf8')}\`\`\``;
    },
  );
  if (filled !== text) writeFileSync(join(root, document), filled);
}
