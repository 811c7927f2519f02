import { expect, test } from 'vitest';
import { ADMISSION_LIMITS, createAdmissionDesk } from './admission.ts';

test('A place that is given back twice is free once', () => {
  const desk = createAdmissionDesk({ ...ADMISSION_LIMITS, scope: 2 });
  const who = { tenant: 'acme', actor: 'alice', scope: 'thread' };
  const [first] = [desk.admit(who), desk.admit(who)];
  for (let time = 0; time < 3; time += 1) if (first.kind === 'admitted') first.release();
  expect([desk.admit(who).kind, desk.admit(who)]).toEqual(['admitted', { kind: 'full', bound: 'scope', limit: 2 }]);
});

test('The usual bounds are those of the specification', () => {
  expect(ADMISSION_LIMITS).toEqual({ global: 512, tenant: 64, actor: 16, scope: 8 });
});
