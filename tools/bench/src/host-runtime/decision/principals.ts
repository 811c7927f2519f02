/** How others are told who acts. */
import { principalsOf, type Principal } from '@reborn/host-api';
import type { AuthorizationRequest } from '@reborn/host-runtime/testkit';

export function nameOf(principal: Principal): string {
  return `${principal.kind}|${'id' in principal ? principal.id : ''}`;
}

export function namesOf(scope: AuthorizationRequest['scope']): readonly string[] {
  return principalsOf(scope).map(nameOf);
}
