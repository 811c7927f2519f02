/** Names of files that do not exist yet, in a folder that is gone after the tests. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';

const folder = mkdtempSync(join(tmpdir(), 'own-store-'));
after(() => rmSync(folder, { recursive: true }));
let files = 0;

export function newFile(): string {
  files += 1;
  return join(folder, `${files}.log`);
}
