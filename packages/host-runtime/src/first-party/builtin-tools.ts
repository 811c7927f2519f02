/**
 * Every tool that comes with the host, as one list.
 *
 * Not here: who may use them (grants), tools of extensions.
 * Source: specification 2, d.
 */
import type { Clock } from '@reborn/host-api';
import type { DefinedTool } from '../lane/define-tool.ts';
import { createEcho } from './echo.ts';
import { createFileTools } from './file-tools.ts';
import { createJson } from './json.ts';
import type { FileToolParts } from './placed-path.ts';
import { createTime } from './time.ts';

/** `workspace`: without one there are no file tools. `others`: those that need more of the machine than files and a clock. */
export interface BuiltinToolParts {
  readonly clock: Clock;
  readonly workspace?: FileToolParts;
  readonly others?: readonly DefinedTool[];
}

export function createBuiltinTools({ clock, workspace, others = [] }: BuiltinToolParts): readonly DefinedTool[] {
  const files = workspace === undefined ? [] : createFileTools(workspace);
  return [...files, ...others, createEcho(), createTime(clock), createJson()];
}
