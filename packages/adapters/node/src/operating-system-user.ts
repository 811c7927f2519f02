/** Who runs this process, as the operating system knows it. */
import { userInfo } from 'node:os';
import { userIdSchema } from '@reborn/host-api';

/** The name of the account; its number where it has no name, or none that an id can hold. */
export function operatingSystemUser(): { readonly id: string } {
  const parsed = userIdSchema.safeParse(accountName());
  return { id: parsed.success ? parsed.data : `uid-${process.getuid?.() ?? 'unknown'}` };
}

function accountName(): string | undefined {
  try {
    return userInfo().username;
  } catch {
    // An account without an entry in the user database, as in many containers.
    return undefined;
  }
}
