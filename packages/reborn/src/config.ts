/**
 * `reborn.config.json`: what an operator may set without code. Strict: an unknown key is an error, and so is a secret.
 *
 * Not here: reading the file (the surfaces), choosing adapters (`compose`).
 */
import {
  boundedLine,
  boundedText,
  describeIssues,
  HostApiError,
  networkTargetsSchema,
  parseJson,
  runtimeProfileNameSchema,
  secretHandleSchema,
} from '@reborn/host-api';
import { kindsOf, LOG_FAMILIES, RETENTION_RULES_MAX, retentionRuleSchema } from '@reborn/events';
import { budgetLimitsSchema } from '@reborn/host-runtime';
import { z } from 'zod';
import { RebornError } from './errors.ts';
import { extensionDecisionSchema } from './extension/extension-source.ts';
import { EXTENSION_NAME_BYTES_MAX, EXTENSIONS_MAX, SYSTEM_TEXT_BYTES_MAX } from './limits.ts';

/** A configuration file larger than this is not one. Units: UTF-8 bytes. */
const CONFIG_BYTES_MAX = 64 * 1024;

const variableName = z.string().regex(/^[A-Z][A-Z0-9_]{0,127}$/, 'must be the name of an environment variable');

const modelSchema = z.discriminatedUnion('kind', [
  /** `apiKeyEnv` names an environment variable: the key itself never stands in a file. */
  z.strictObject({
    kind: z.literal('endpoint'),
    url: boundedLine(2048).refine(isHttpUrl, 'must be an http or https URL without user, password and query'),
    model: boundedLine(256),
    apiKeyEnv: variableName.optional(),
  }),
  z.strictObject({ kind: z.literal('recording'), file: boundedLine(1024) }),
]);

/** A misspelt kind would keep nothing, and what it was to keep would go. */
const ruleSchema = retentionRuleSchema.refine(
  ({ family, kinds = [] }) => kinds.every((kind) => isNamed(kind, family)),
  {
    path: ['kinds'],
    error: 'must be kinds of the family, `*` standing for any characters',
  },
);

export const rebornConfigSchema = z.strictObject({
  /** For editors: where the schema of this file is. */
  $schema: boundedLine(1024).optional(),
  version: z.literal(1).default(1),
  profile: runtimeProfileNameSchema.default('local'),
  storage: z
    .discriminatedUnion('kind', [
      z.strictObject({ kind: z.literal('sqlite'), file: boundedLine(1024).optional() }),
      /** `urlEnv` names an environment variable: the address holds a password and never stands in a file. */
      z.strictObject({ kind: z.literal('postgres'), urlEnv: variableName }),
      z.strictObject({ kind: z.literal('memory') }),
    ])
    .default({ kind: 'sqlite' }),
  model: modelSchema.optional(),
  /** The folder that the agent may look at, and write to when somebody approves. */
  workspace: boundedLine(1024).optional(),
  /**
   * Where the key of the host's secrets is, never the key: a variable or a file. `environment`: secrets that stand in
   * variables themselves, by name; not for production.
   */
  secrets: z
    .strictObject({
      keyEnv: variableName.optional(),
      keyFile: boundedLine(1024).optional(),
      environment: z.record(secretHandleSchema, variableName).optional(),
    })
    .refine(({ keyEnv, keyFile }) => keyEnv === undefined || keyFile === undefined, {
      path: ['keyFile'],
      message: 'must not be given together with keyEnv',
    })
    .optional(),
  /** How much may be used up. A limit only restricts. */
  budgets: budgetLimitsSchema.optional(),
  /** Whether tools may talk to a network: to any public host, or to these hosts alone. */
  network: z.union([z.literal(true), networkTargetsSchema.min(1)]).optional(),
  /** Whether the agent may run commands, in a sandbox without a network. */
  shell: z.boolean().optional(),
  /** Text in front of every conversation. */
  system: boundedText(SYSTEM_TEXT_BYTES_MAX).optional(),
  /** Units: milliseconds. */
  leaseMs: z
    .int()
    .min(500)
    .max(15 * 60 * 1000)
    .optional(),
  gateTtlMs: z
    .int()
    .min(1_000)
    .max(24 * 60 * 60 * 1000)
    .optional(),
  /** Folders of packages, and what their operator thinks of each. Without `trust` a package is looked at and no more. */
  extensions: z
    .array(extensionDecisionSchema.extend({ path: boundedLine(EXTENSION_NAME_BYTES_MAX) }))
    .max(EXTENSIONS_MAX)
    .optional(),
  /** What `reborn events retain` lets go: the first rule that fits a record decides; without any, the usual ones. */
  retention: z.array(ruleSchema).max(RETENTION_RULES_MAX).optional(),
});
export type RebornConfig = z.output<typeof rebornConfigSchema>;

/** Errors: `reborn/invalid_configuration` naming the field and the rule. */
export function parseConfig(text: string): RebornConfig {
  let value: unknown;
  try {
    value = parseJson(text, 'configuration', CONFIG_BYTES_MAX);
  } catch (error) {
    if (HostApiError.is(error)) throw new RebornError('reborn/invalid_configuration', { detail: error.detail });
    throw error;
  }
  const parsed = rebornConfigSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new RebornError('reborn/invalid_configuration', { detail: describeIssues(parsed.error, 'configuration') });
}

function isHttpUrl(text: string): boolean {
  return /^https?:\/\/[^\s/?#@]+(?:\/[^\s?#@]*)?$/.test(text);
}

/** What the log does not read has kinds that it does not know. */
function isNamed(pattern: string, family: string): boolean {
  const known = LOG_FAMILIES.find((one) => one === family);
  if (known === undefined) return true;
  const [start = '', ...rest] = pattern.split('*');
  const end = rest.at(-1);
  return kindsOf(known).some((kind) =>
    end === undefined ? kind === pattern : kind.startsWith(start) && kind.endsWith(end),
  );
}
