import { HostApiError } from '@reborn/host-api';
import { describe, expect, it } from 'vitest';
import { CliError, type CliErrorCode } from './errors.ts';
import { EXIT, EXIT_CODES_TEXT, exitCodeOf } from './exit-code.ts';

describe('exit codes', () => {
  it('stand in the help, all of them', () => {
    for (const code of Object.values(EXIT)) expect(EXIT_CODES_TEXT).toMatch(new RegExp(`\\n  ${code} `));
  });

  it('tell refusals, trouble with the store and mistakes apart', () => {
    const of = (code: CliErrorCode): number => exitCodeOf(new CliError(code));
    expect([of('cli/invalid_option'), of('cli/not_authorised'), of('cli/home_unusable')]).toEqual([2, 4, 5]);
    expect(exitCodeOf(new HostApiError('host-api/store_unavailable'))).toBe(EXIT.unavailable);
    expect(exitCodeOf(new TypeError('a bug'))).toBe(EXIT.bug);
    expect([of('cli/bug'), of('cli/usage')]).toEqual([EXIT.bug, EXIT.usage]);
  });
});
