/**
 * States that a simulation is made to reach. A mark that no seed of a run reaches says that the run proves less than it
 * seems to.
 *
 * Not here: who reaches them.
 */

export const MARKS = [
  'several units shared one sync',
  'a batch waited for the lock of another process',
  'a batch gave up waiting for the lock',
  'a unit was committed and its answer lost',
  'a retry found its unit there',
  'a retry had to do the work',
  'a retry came after the end of its process',
  'frames that were not synced were lost',
  'a frame that was not synced was torn',
  'a batch that was not whole was left out',
  'the disk was full and had room again',
  'a sync failed and the store was opened again',
  'opening below the anchor was refused',
  'an older state was read while a newer one was committed',
  'a wake-up was lost',
  'a wake-up came twice',
  'a lost wake-up was made up for',
  'a lease was taken over after its time',
  'a stale fence was refused',
  'a unit was refused behind an append',
  'a delivery was made again after the end of a process',
  'a delivery failed and was made again',
  'a delivery was given up',
  'a followed stream was cut',
  'a stream was cut while it was walked through',
] as const;
export type Mark = (typeof MARKS)[number];
