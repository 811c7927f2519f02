// A gate of one's own: it looks at each payment before it happens. It can ask or refuse; it can never allow.
import type { HookSpec } from '@reborn/hooks';
import { z } from 'zod';

const paymentSchema = z.object({ to: z.string(), euros: z.number() });

/** Payments to the blocklist are refused, large ones are asked about, and whatever cannot be read is refused too. */
export function spendingGate(rules: { readonly askAbove: number; readonly blocked: readonly string[] }): HookSpec {
  return {
    id: 'spending',
    version: 1,
    point: 'before_capability',
    capabilities: ['bank.pay'],
    body: (call, mint) => {
      const payment = paymentSchema.safeParse(call.input);
      if (!payment.success) return mint.refuse('hook_refused');
      if (rules.blocked.includes(payment.data.to)) return mint.refuse('hook_blocklist');
      return payment.data.euros > rules.askAbove ? mint.pause('hook_over_threshold') : mint.observe();
    },
  };
}
