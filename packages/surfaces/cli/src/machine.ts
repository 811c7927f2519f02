/**
 * What the commands know of the machine and of the person at it, as one value.
 *
 * Not here: where it comes from (`compose.ts`).
 */
import type { NetworkTarget, Platform, Principal, RuntimeProfileName } from '@reborn/host-api';
import type { ExtensionDecision, RebornOptions } from '@reborn/reborn';

/** Output and the person's presence. Text goes out as it is; whoever prints foreign text cleans it first. */
export interface CliIo {
  out(text: string): void;
  err(text: string): void;
  /** Resolves when the reader of the output has room for more, or is gone. Whoever prints without end waits for it. */
  drained(): Promise<void>;
  /** A person sits at both ends: they can be asked. */
  readonly terminal: boolean;
  /**
   * What is piped in, as text. Errors: `cli/invalid_option` at a terminal, where typed text would be seen, and for more than
   * `bytesMax`.
   */
  input(bytesMax: number): Promise<string>;
  readonly colour: boolean;
  readonly columns: number;
  /** Aborts when the person wants to stop. */
  readonly interrupted: AbortSignal;
  /** The command line of the person's editor. */
  readonly editor: string | undefined;
}

/** `url` and `model` of an OpenAI-compatible endpoint; `apiKeyEnv` names a variable, the key itself is never kept. */
export type ModelChoice =
  | { readonly kind: 'endpoint'; readonly url: string; readonly model: string; readonly apiKeyEnv?: string | undefined }
  | { readonly kind: 'recording'; readonly file: string };

/** `urlEnv` names a variable; the address behind it is never kept. */
export type StorageChoice =
  | { readonly kind: 'sqlite'; readonly file: string }
  | { readonly kind: 'postgres'; readonly urlEnv: string }
  | { readonly kind: 'memory' };

/** A folder of a package, as it was named, where it is, and what its operator thinks of it. */
export interface ExtensionChoice {
  readonly named: string;
  readonly path: string;
  readonly decision: ExtensionDecision;
}

/**
 * Where secrets and their key are. `notInside`: folders in which no key may lie. `environment`: names of secrets, each with
 * the variable that holds it.
 */
export interface SecretsChoice {
  readonly key?:
    | { readonly kind: 'variable'; readonly name: string }
    | { readonly kind: 'file'; readonly path: string; readonly notInside: readonly string[] }
    | undefined;
  readonly environment?: Readonly<Record<string, string>> | undefined;
}

/** Everything that a host is composed of. Without `workspace` it has no file tools, without `model` it cannot think. */
export interface HostParts {
  readonly profile: RuntimeProfileName;
  readonly storage: StorageChoice;
  readonly workspace?: { readonly folder: string; readonly closed: readonly string[] };
  readonly model?: ModelChoice;
  readonly extensions?: readonly ExtensionChoice[];
  readonly secrets?: SecretsChoice | undefined;
  readonly budgets?: RebornOptions['budgets'] | undefined;
  /** Any public host, or these hosts alone. */
  readonly network?: true | readonly NetworkTarget[] | undefined;
  readonly shell?: boolean;
  readonly system?: string | undefined;
  readonly leaseMs?: number | undefined;
  readonly gateTtlMs?: number | undefined;
}

export interface Machine {
  readonly io: CliIo;
  readonly platform: Platform;
  readonly user: Extract<Principal, { kind: 'user' }>;
  readonly cwd: string;
  readonly nodeVersion: string;
  readonly pid: number;
  /** True when the environment holds something under that name. */
  hasVariable(name: string): boolean;
  /** Makes a file with a new key for secrets. Errors: `host-api/invalid_value` naming the rule. */
  createKeyFile(path: string, notInside: readonly string[]): Promise<void>;
  /** Errors: those of the recording and of the key; `cli/invalid_option` for a variable that is not set. */
  compose(parts: HostParts): Promise<RebornOptions>;
}
