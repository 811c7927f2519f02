/**
 * Lines for the operator, on the error output of the process.
 *
 * Not here: what may be said (callers redact before they report), and the log of what happened (`@reborn/events`).
 */
import { hasControl, type Diagnostics, type JsonObject } from '@reborn/host-api';
import { DIAGNOSTIC_BYTES_MAX } from './limits.ts';

export interface NodeDiagnosticsOptions {
  /** Where a line goes. Default: the error output of the process. */
  readonly write?: (line: string) => void;
}

/** Shape: one line a report, `reborn: <message> <facts as JSON>`. */
export function createNodeDiagnostics(options: NodeDiagnosticsOptions = {}): Diagnostics {
  const write = options.write ?? writeToErrorOutput;
  return Object.freeze({
    report(message: string, facts?: JsonObject): void {
      try {
        write(toLine(message, facts));
      } catch {
        // Nothing may depend on whether somebody listens.
      }
    },
  });
}

let isErrorOutputGuarded = false;

function writeToErrorOutput(line: string): void {
  if (!isErrorOutputGuarded) {
    // A closed error output reports itself by an event, which would end the process if nobody took it.
    process.stderr.on('error', () => undefined);
    isErrorOutputGuarded = true;
  }
  process.stderr.write(line);
}

function toLine(message: string, facts: JsonObject | undefined): string {
  const text = `reborn: ${message}${facts === undefined ? '' : ` ${JSON.stringify(facts)}`}`;
  const shown = hasControl(text) ? JSON.stringify(text) : text;
  const bytes = Buffer.from(shown, 'utf8');
  if (bytes.byteLength <= DIAGNOSTIC_BYTES_MAX) return `${shown}\n`;
  return `${bytes.subarray(0, DIAGNOSTIC_BYTES_MAX).toString('utf8')} …\n`;
}
