/** What a model compares of a store's answer. Not here: the models. */
import type { CommitOutcome } from '@reborn/host-api';
import type { Seen } from './store-model.ts';

/** Rows and cursors of a unit that went through, or why and where it was refused. */
export function seenOf(outcome: CommitOutcome): Seen {
  if (outcome.kind === 'conflict') return { refused: outcome.reason, at: outcome.at };
  return outcome.receipts.map((receipt) => {
    switch (receipt.kind) {
      case 'record':
        return receipt.row;
      case 'appended':
        return receipt.cursors;
      case 'stream':
        return receipt.records;
    }
  });
}
