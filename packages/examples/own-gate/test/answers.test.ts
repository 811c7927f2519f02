import { expect, test } from 'vitest';
import { answers } from '../src/answers.ts';

test('an answer counts from the right person, in time, for what was asked, and once', async () => {
  const printed: string[] = [];
  const paid = await answers((line) => printed.push(line));
  expect(printed).toEqual([
    'somebody else: not_authorised; approval_required (open)',
    'another amount: invalid_edit, resolved, already_closed; completed (consumed)',
    'an edit that a rule refuses: resolved; The call is not permitted (hook_blocklist). (superseded)',
    'no: resolved; The call was declined by the person who was asked. (denied)',
    'taken back: resolved, resolved; approval_required (revoked, open)',
    'too late: resolved; approval_required (expired, open)',
    'under other rules: resolved; approval_required (superseded, open)',
  ]);
  expect(paid).toEqual([850]);
});
