import { describe, expect, test } from 'vitest';
import { countSyncs } from './syncs.ts';

describe('Counting syncs', () => {
  test('tells commits, checkpoints and other files apart, between the two marks', () => {
    const trace = [
      '7 fsync(20</work/syncs.db.marker>) = 0',
      '7 fdatasync(21</work/syncs.db-wal>) = 0',
      '8 fdatasync(21</work/syncs.db-wal> <unfinished ...>',
      '8 <... fdatasync resumed>) = 0',
      '8 fdatasync(21</work/syncs.db-wal>) = 0',
      '8 fdatasync(22</work/syncs.db>) = 0',
      '8 fdatasync(21</work/syncs.db-wal>) = 0',
      '8 fsync(23</work/syncs.db-anchor>) = 0',
      '7 fsync(20</work/syncs.db.marker>) = 0',
      '7 fdatasync(21</work/syncs.db-wal>) = 0',
    ];
    expect(countSyncs(trace.join('\n'))).toEqual({ commits: 2, checkpoints: 1, others: 1 });
  });
});
