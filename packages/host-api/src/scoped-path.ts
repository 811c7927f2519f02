/**
 * Paths: the ones guests may name, and the ones the host works with. Neither is a path of the machine.
 *
 * Not here: which guest path leads where (`mount.ts`), links and escapes at the time of use (the `FileSystem` port).
 * Source: specification 2, a.9 and d.
 */
import { z } from 'zod';
import { hasControl, utf8Bytes } from './bounded-text.ts';
import { describeIssues, HostApiError } from './errors.ts';
import { PATH_BYTES_MAX, VIRTUAL_PATH_BYTES_MAX } from './limits.ts';

/** Where everything lives that this host works with. */
export const VIRTUAL_ROOTS = ['/projects', '/users', '/tmp', '/artifacts', '/memory'] as const;

/** Where a guest's relative paths begin. */
export const WORKSPACE = '/workspace';

/** Names of the machine. The list is a second line of defence; the first is that guests reach mounts only. */
const HOST_PREFIXES = [
  '/Users',
  '/home',
  '/root',
  '/etc',
  '/var',
  '/private',
  '/Volumes',
  '/Library',
  '/usr',
  '/opt',
  '/tmp',
  '/proc',
  '/sys',
] as const;

/** Where something lives in the host's own tree. Shape: absolute, normalised, below a known root, 1–4096 bytes. */
export const virtualPathSchema = z.string().transform(toVirtualPath).brand<'VirtualPath'>();
export type VirtualPath = z.infer<typeof virtualPathSchema>;

/** What a guest names. Shape: absolute, normalised, below `/`, 2–1024 bytes, nothing that looks like a host path. */
export const scopedPathSchema = z.string().transform(toScopedPath).brand<'ScopedPath'>();
export type ScopedPath = z.infer<typeof scopedPathSchema>;

/** Errors: `host-api/invalid_path` with the rule; the rejected path is never shown. */
export function parseScopedPath(value: unknown): ScopedPath {
  return parsePath(scopedPathSchema, value);
}

/** Errors: `host-api/invalid_path` with the rule; the rejected path is never shown. */
export function parseVirtualPath(value: unknown): VirtualPath {
  return parsePath(virtualPathSchema, value);
}

/**
 * The path rule of every file tool: nothing and `.` are the workspace, relative paths lie below it.
 * Errors: `host-api/invalid_path`.
 */
export function resolveToolPath(input: string): ScopedPath {
  if (input === '' || input === '.') return parseScopedPath(WORKSPACE);
  if (/^[A-Za-z]:/.test(input)) throw refused('must not name a drive');
  return parseScopedPath(input.startsWith('/') ? input : `${WORKSPACE}/${input}`);
}

/** What every path has to hold, then the segments without the empty ones and `.`. */
function segmentsOf(text: string, bytesMax: number, context: z.RefinementCtx): readonly string[] | undefined {
  const segments = text.split('/').filter((segment) => segment !== '' && segment !== '.');
  const rule = textRule(text, bytesMax) ?? segmentRule(segments);
  if (rule === undefined) return segments;
  context.addIssue({ code: 'custom', message: rule });
  return undefined;
}

function toVirtualPath(text: string, context: z.RefinementCtx): string {
  const segments = segmentsOf(text, VIRTUAL_PATH_BYTES_MAX, context);
  if (segments === undefined) return z.NEVER;
  const path = `/${segments.join('/')}`;
  if (VIRTUAL_ROOTS.some((root) => isAtOrBelow(path, root))) return path;
  context.addIssue({ code: 'custom', message: 'must lie below a known root' });
  return z.NEVER;
}

function toScopedPath(text: string, context: z.RefinementCtx): string {
  const segments = segmentsOf(text, PATH_BYTES_MAX, context);
  if (segments === undefined) return z.NEVER;
  const path = `/${segments.join('/')}`;
  const rule = scopedRule(text, path, segments);
  if (rule === undefined) return path;
  context.addIssue({ code: 'custom', message: rule });
  return z.NEVER;
}

function textRule(text: string, bytesMax: number): string | undefined {
  if (text.length > bytesMax || utf8Bytes(text) > bytesMax) return `must be at most ${bytesMax} bytes`;
  if (!text.startsWith('/')) return 'must be absolute';
  if (text.includes('\\')) return 'must not contain "\\"';
  if (hasControl(text)) return 'must not contain control characters';
  if (!text.isWellFormed()) return 'must be well-formed Unicode';
  return undefined;
}

function segmentRule(segments: readonly string[]): string | undefined {
  if (segments.length === 0) return 'must name something below "/"';
  if (segments.includes('..')) return 'must not contain ".."';
  return undefined;
}

function scopedRule(text: string, path: string, segments: readonly string[]): string | undefined {
  if (text.includes('://')) return 'must not be a URL';
  if (segments.some((segment, at) => (at === 0 ? /^[A-Za-z]:/ : /^[A-Za-z]:$/).test(segment))) {
    return 'must not name a drive';
  }
  if (HOST_PREFIXES.some((prefix) => isAtOrBelow(path, prefix))) return 'must not look like a path of the host';
  return undefined;
}

function isAtOrBelow(path: string, root: string): boolean {
  return path === root || path.startsWith(`${root}/`);
}

function parsePath<Schema extends z.ZodType>(schema: Schema, value: unknown): z.output<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new HostApiError('host-api/invalid_path', { detail: describeIssues(result.error, 'path') });
}

function refused(rule: string): HostApiError {
  return new HostApiError('host-api/invalid_path', { detail: { field: 'path', rule } });
}
