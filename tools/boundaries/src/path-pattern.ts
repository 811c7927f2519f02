/** Turns globs, folders and package names into regular expressions over paths that are relative to the root. */

/** Tests: whatever lies in a `test` folder or is called `x.test.ts` or `x.test-d.ts`. */
export const testPattern = '(?:^|/)test/|[.]test(?:-d)?[.]tsx?$';

/** The text of a regular expression that matches a glob with `*`, `**` and nothing else. */
export function globPattern(glob: string): string {
  const anywhere = glob.startsWith('**/');
  const below = glob.endsWith('/**');
  const middle = glob.slice(anywhere ? 3 : 0, below ? -2 : undefined);
  const text = middle
    .split('**')
    .map((part) => part.split('*').map(escapeText).join('[^/]*'))
    .join('.*');
  return `${anywhere ? '(?:^|/)' : '^'}${text}${below ? '' : '$'}`;
}

/** Matches everything below a folder. */
export function folderPattern(folder: string): string {
  return `^${escapeText(folder)}/`;
}

/** Matches one file. */
export function filePattern(file: string): string {
  return `^${escapeText(file)}$`;
}

/** Matches the files of installed npm packages and of their types. */
export function installedPattern(packageNames: readonly string[]): string {
  const types = packageNames.map((name) => (name.startsWith('@') ? name.slice(1).replace('/', '__') : name));
  const either = (names: readonly string[]): string => `(?:${names.map(escapeText).join('|')})/`;
  return `(?:^|/)node_modules/(?:${either(packageNames)}|@types/${either(types)})`;
}

/** Whether one of the globs matches the path. */
export function matchesGlob(globs: readonly string[], path: string): boolean {
  return globs.some((glob) => new RegExp(globPattern(glob)).test(path));
}

/** Whether a path is a test's. */
export function isTest(path: string): boolean {
  return new RegExp(testPattern).test(path);
}

/** Makes a text match itself. */
export function escapeText(text: string): string {
  return text.replace(/[.+?^${}()|[\]\\*]/g, '\\$&');
}
