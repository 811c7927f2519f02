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

  test('counts the log of a server as commits', () => {
    const trace = [
      '7 fsync(20</work/peer.db.marker>) = 0',
      '9 fdatasync(5</data/pg_wal/000000010000000000000001>) = 0',
      '9 fsync(6</data/base/5/1259>) = 0',
      '7 fsync(20</work/peer.db.marker>) = 0',
    ];
    expect(countSyncs(trace.join('\n'))).toEqual({ commits: 1, checkpoints: 0, others: 1 });
  });
});
