import { describe, test } from 'node:test';
import { consumerContract, eventLogContract, eventStreamContract, projectionContract } from '@reborn/events/testkit';
import { createFakePlatform } from '@reborn/host-api/testkit';
import { openOwnStore } from '../src/own-store.ts';
import { newFile } from './files.ts';

for (const [title, contract] of [
  ['The log', eventLogContract],
  ['A durable follower', consumerContract],
  ['A projection', projectionContract],
  ['A stream of events', eventStreamContract],
] as const) {
  describe(`${title} over the store`, () => {
    for (const { name, run } of contract) {
      test(name, () => {
        const [platform, file] = [createFakePlatform(), newFile()];
        const open = (machines: Parameters<typeof openOwnStore>[1]['machines']) =>
          openOwnStore(file, { machines, ...platform });
        return run({ platform, open, reopen: open });
      });
    }
  });
}
