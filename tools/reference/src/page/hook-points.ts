/** The page of hook points, from the one table of points. */
import { HOOK_POINTS, PAUSE_CODES, REFUSAL_CODES } from '@reborn/hooks';
import { table } from '../markdown.ts';

export function hookPointsPage(): string {
  const rows = Object.entries(HOOK_POINTS).map(([point, row]) => [`\`${point}\``, ...Object.values(row).map(cell)]);
  const first = Object.values(HOOK_POINTS)[0] ?? {};
  return [
    '# Hook points',
    'Where a hook may be called, what it may say there, and what its failure means. Hooks only restrict: no verb allows.',
    table(['point', ...Object.keys(first)], rows),
    '## Codes',
    'What a gate may say besides its verb: closed tokens, so that nothing an extension writes reaches a model.',
    table(['refuse', 'pause'], [[codes(REFUSAL_CODES), codes(PAUSE_CODES)]]),
  ].join('\n\n');
}

function codes(values: readonly string[]): string {
  return values.map((value) => `\`${value}\``).join(', ');
}

function cell(value: unknown): string {
  if (value === undefined || (Array.isArray(value) && value.length === 0)) return '–';
  if (Array.isArray(value)) return value.map((item) => `\`${String(item)}\``).join(', ');
  if (typeof value === 'object' && value !== null) {
    return Object.entries(value)
      .map(([name, inner]) => `${name}: ${String(inner)}`)
      .join(', ');
  }
  return String(value);
}
