import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const reporter = join(import.meta.dirname, '../../node-test-report.mjs');

test.each([
  ['tests in suites, one by one', "describe('s', () => { test('a', ok); test('b', ok); });", [2, 0, 0, 0]],
  ['failed tests', "describe('s', () => { test('a', ok); test('b', no); });", [1, 1, 0, 0]],
  [
    'skipped and planned tests',
    "test('a', { skip: true }, ok); test('b', { todo: true }, no); test('c', ok);",
    [1, 0, 1, 1],
  ],
  ['a suite that breaks outside its tests', "describe('s', () => { before(no); test('a', ok); });", [0, 2, 0, 0]],
  ['a file that breaks', 'no();', [0, 1, 0, 0]],
] as const)('the report of `node --test` counts %s', (_name, body, [passed, failed, pending, todo]) => {
  const folder = mkdtempSync(join(tmpdir(), 'node-test-report-'));
  const head = "import { before, describe, test } from 'node:test';\nvoid before, describe;\n";
  const functions = "const ok = () => undefined;\nconst no = () => { throw new Error('no'); };\n";
  writeFileSync(join(folder, 'a.test.mjs'), head + functions + body);
  const env = { ...process.env, NODE_TEST_CONTEXT: undefined };
  const run = spawnSync(process.execPath, ['--test', `--test-reporter=${reporter}`, 'a.test.mjs'], {
    cwd: folder,
    env,
  });
  const report = readFileSync(join(folder, 'test-results/node-test.json'), 'utf8');
  rmSync(folder, { recursive: true });
  expect(JSON.parse(report)).toEqual({
    numPassedTests: passed,
    numFailedTests: failed,
    numPendingTests: pending,
    numTodoTests: todo,
  });
  expect(run.status).toBe(failed > 0 ? 1 : 0);
});
