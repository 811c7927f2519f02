/** By what a record can be found: the axes of its owner and the ids of its run, call and correlation. */
import { LABELS, type Labels } from '@reborn/host-api';

export function toLabels(source: Labels): Labels {
  const found: Partial<Record<(typeof LABELS)[number], string>> = {};
  for (const label of LABELS) {
    const value = source[label];
    if (value !== undefined) found[label] = value;
  }
  return found;
}
