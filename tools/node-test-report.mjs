// A reporter for `node --test` that leaves the totals where `run-tests.mjs` looks for them, in the form that Vitest uses.
// Suites are no tests; a skipped or planned test is told from one that passed.
import { mkdirSync, writeFileSync } from 'node:fs';

export default async function* nodeTestReport(events) {
  const totals = { numPassedTests: 0, numFailedTests: 0, numPendingTests: 0, numTodoTests: 0 };
  for await (const { type, data } of events) {
    if (data.details?.type === 'suite') {
      // A suite that fails without a failing test inside it has failed in a hook of its own.
      if (type === 'test:fail' && data.details.error?.failureType !== 'subtestsFailed') totals.numFailedTests += 1;
      continue;
    }
    if (type === 'test:pass' && data.skip !== undefined) totals.numPendingTests += 1;
    else if (data.todo !== undefined && (type === 'test:pass' || type === 'test:fail')) totals.numTodoTests += 1;
    else if (type === 'test:pass') totals.numPassedTests += 1;
    else if (type === 'test:fail') totals.numFailedTests += 1;
  }
  mkdirSync('test-results', { recursive: true });
  writeFileSync('test-results/node-test.json', JSON.stringify(totals));
  yield '';
}
