/**
 * Paths as commands write them, made comparable.
 *
 * Not here: which files hold credentials (`isSensitivePath` of `@reborn/host-api`).
 */
import { SYSTEM_FOLDERS } from './shell-refusal.ts';

/** Lower case, without empty segments, `.` and `..`. A path that is not absolute stays so. */
export function plainPath(text: string): string {
  const segments: string[] = [];
  for (const segment of text.toLowerCase().split('/')) {
    if (segment === '..') segments.pop();
    else if (segment !== '' && segment !== '.') segments.push(segment);
  }
  return `${text.startsWith('/') ? '/' : ''}${segments.join('/')}`;
}

/** The root, a home, a folder of the system, or all that is in one of them. */
export function isRootPath(text: string): boolean {
  const bare = text.replace(/\/(?:\.?\*)?$/, '').replace(/^\/\*$/, '');
  if (/^(?:~|\$HOME|\$\{HOME\})$/i.test(bare) || (bare === '' && text !== '')) return true;
  if (!text.startsWith('/')) return false;
  const [first = '', ...below] = plainPath(bare).split('/').slice(1);
  if (first === 'home' || first === 'users') return below.length <= 1;
  return below.length === 0 && (first === '' || SYSTEM_FOLDERS.has(first));
}
