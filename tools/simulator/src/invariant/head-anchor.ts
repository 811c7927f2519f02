/**
 * I13: after every opening the head is at the anchor or beyond, with the link that the anchor names; otherwise the opening
 * is refused.
 *
 * Not here: who writes anchors (each store).
 * Source: the project's measures, B1.
 */
import { streamName, type HeadAnchor } from '@reborn/host-api';
import type { History } from './history.ts';
import type { StoreImage } from './store-image.ts';
import { violation, type Violation } from './violation.ts';

/** Looks at the anchor of the store that was opened, and at those that were written down before. */
export function checkHeadAnchor(history: History, image: StoreImage): readonly Violation[] {
  const anchors = image.anchor === undefined ? history.anchors : [...history.anchors, image.anchor];
  return anchors.flatMap((anchor) => checkAnchor(anchor, image));
}

function checkAnchor({ stream, cursor, chain }: HeadAnchor, image: StoreImage): readonly Violation[] {
  const name = streamName(stream);
  const kept = image.streams.get(name);
  const head = kept?.head ?? 0;
  if (head < cursor)
    return [violation('I13', `${name}: the store was opened with head ${head}, below the anchor at ${cursor}`)];
  if (kept === undefined || cursor < kept.earliest) return [];
  const found = kept.records.find((record) => record.cursor === cursor)?.chain;
  return found === chain
    ? []
    : [violation('I13', `${name}: the store was opened with another link at the anchor ${cursor}`)];
}
