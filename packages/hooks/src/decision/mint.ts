/**
 * Where decisions come from. Each time a hook is called it gets a mint of its own, which holds what its point permits and
 * nothing else; what it returns counts only if that very mint made it, once, while the call was open.
 *
 * Not here: the words (`decision.ts`), calling the hook (`../dispatch/run-hook.ts`).
 * Source: rulings, section 6; specification 1, R-10, W-05, T-T1.
 */
import { HooksError } from '../errors.ts';
import { REASON_BYTES_MAX } from '../limits.ts';
import { toPlainText } from '../plain-text.ts';
import { rowOf, type HookPoint, type HookVerb, type VerbOf } from '../point.ts';
import { isPauseCode, isRefusalCode, type Decision, type PauseCode, type RefusalCode } from './decision.ts';

/**
 * `observe` abstains. `refuse` and `pause` take a code of the closed vocabulary. A reason is cut at 512 bytes.
 * Errors: `hooks/invalid_decision` for a code that is not in the vocabulary or a reason that is not text.
 */
interface Verbs {
  observe(reason?: string): Decision;
  refuse(code?: RefusalCode, reason?: string): Decision;
  pause(code?: PauseCode, reason?: string): Decision;
}

/** What a hook at `Point` may mint. */
export type Mint<Point extends HookPoint> = Readonly<Pick<Verbs, VerbOf<Point>>>;

export type Acceptance =
  | { readonly kind: 'accepted'; readonly decision: Decision }
  | { readonly kind: 'refused'; readonly category: 'malformed' | 'attenuation' };

/** One mint and the judge of what comes back. */
export interface MintSession<Point extends HookPoint> {
  readonly mint: Mint<Point>;
  /** True once the hook asked for a decision that does not exist. */
  isMisused(): boolean;
  /** Judges what a hook returned: exactly one decision of this session, within its point's row. */
  accept(returned: unknown): Acceptance;
  /** From now on decisions still come out, so that late code does not throw, and none of them counts. */
  close(): void;
}

/** Which session a decision belongs to. Types are erased; this is what tells a decision from an object like one. */
const sessionOf = new WeakMap<object, Session>();

/** Opens the mint for one call of one hook. */
export function openMint<Point extends HookPoint>(point: Point): MintSession<Point> {
  const session = new Session(point);
  const verbs = session.verbs();
  const permitted = rowOf(point).verbs.map((verb) => [verb, Object.freeze(verbs[verb])] as const);
  const mint: object = Object.freeze(Object.assign(Object.create(null) as object, Object.fromEntries(permitted)));
  return {
    mint: mint as Mint<Point>,
    isMisused: () => session.isMisused,
    accept: (returned) => session.accept(returned),
    close: () => session.close(),
  };
}

class Session {
  readonly #point: HookPoint;
  #minted = 0;
  #open = true;
  isMisused = false;

  constructor(point: HookPoint) {
    this.#point = point;
  }

  verbs(): Verbs {
    return {
      observe: (reason) => this.#make({ verb: 'observe' }, reason),
      refuse: (code = 'hook_refused', reason) => {
        if (!isRefusalCode(code)) throw this.#misuse('code', 'must be a refusal code');
        return this.#make({ verb: 'refuse', code }, reason);
      },
      pause: (code = 'hook_requires_approval', reason) => {
        if (!isPauseCode(code)) throw this.#misuse('code', 'must be a pause code');
        return this.#make({ verb: 'pause', code }, reason);
      },
    };
  }

  accept(returned: unknown): Acceptance {
    const session = typeof returned === 'object' && returned !== null ? sessionOf.get(returned) : undefined;
    if (session === undefined) return { kind: 'refused', category: 'malformed' };
    const decision = returned as Decision;
    if (!this.#permits(session.#point, decision.verb)) return { kind: 'refused', category: 'attenuation' };
    // A second decision means that the hook's mind is not known: a forgotten `return` must not turn into consent.
    if (session !== this || this.#minted !== 1) return { kind: 'refused', category: 'malformed' };
    return { kind: 'accepted', decision };
  }

  close(): void {
    this.#open = false;
  }

  #permits(mintedFor: HookPoint, verb: HookVerb): boolean {
    return mintedFor === this.#point && rowOf(this.#point).verbs.includes(verb);
  }

  #make(said: Decision, reason: unknown): Decision {
    if (reason !== undefined && typeof reason !== 'string') throw this.#misuse('reason', 'must be text');
    const explained = reason === undefined ? said : { ...said, reason: toPlainText(reason, REASON_BYTES_MAX) };
    const decision = Object.freeze(Object.assign(Object.create(null) as object, explained)) as Decision;
    if (this.#open) {
      this.#minted += 1;
      sessionOf.set(decision, this);
    }
    return decision;
  }

  #misuse(field: string, rule: string): HooksError {
    if (this.#open) this.isMisused = true;
    return new HooksError('hooks/invalid_decision', { detail: { field, rule } });
  }
}
