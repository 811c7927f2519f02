import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { startRecorder } from '../src/recorder-process.ts';

test('a recorder that was stopped is gone: its folder may be removed, and nobody counts with it any more', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'reborn-recorder-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const recorder = await startRecorder(join(folder, 'effects.log'));
  await recorder.stop();
  const socket = connect(recorder.port, '127.0.0.1');
  await expect(once(socket, 'connect')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  expect(() => recorder.happenings('round')).toThrow('The effect recorder is gone');
});
