import { portableDigest, type JsonValue } from '@reborn/host-api';
import { describe, expect, test } from 'vitest';
import { REDACTION_VERDICTS_MAX } from '../limits.ts';
import { createRedactionValidator } from './redaction-validator.ts';

describe('The verdict about content', () => {
  test('is given once for the same content, whatever the order of its members', () => {
    const looks: JsonValue[] = [];
    const validator = createRedactionValidator(portableDigest, (content) => {
      looks.push(content);
      return undefined;
    });
    const verdicts = [
      { a: 1, b: '2' },
      { b: '2', a: 1 },
      { a: 1, b: '3' },
    ].map((content) => validator.check(content));
    expect([verdicts, looks]).toEqual([
      ['clean', 'clean', 'clean'],
      [
        { a: 1, b: '2' },
        { a: 1, b: '3' },
      ],
    ]);
  });

  test('stands: what was blocked stays blocked, and what is new is looked at for itself', () => {
    const { check } = createRedactionValidator(portableDigest);
    const path = { entries: [{ threadId: '/etc/passwd' }] };
    expect([path, { entries: [] }, path].map(check)).toEqual(['blocked', 'clean', 'blocked']);
  });

  test('is forgotten when others were asked for since, the latest last', () => {
    let looks = 0;
    const { check } = createRedactionValidator(portableDigest, () => void (looks += 1));
    for (let at = 0; at < REDACTION_VERDICTS_MAX; at += 1) check(at);
    check(0);
    check(REDACTION_VERDICTS_MAX);
    const before = looks;
    check(0);
    check(1);
    expect([before, looks]).toEqual([REDACTION_VERDICTS_MAX + 1, REDACTION_VERDICTS_MAX + 2]);
  });
});
