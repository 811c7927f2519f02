/** The page of record kinds, from the schemas of the log. */
import { auditRecordSchema, journalRecordSchema, runtimeEventSchema } from '@reborn/events';
import { table } from '../markdown.ts';

const FAMILIES = [
  ['runtime', 'Facts without content. Hooks, streams and webhooks follow these.', runtimeEventSchema],
  ['journal', 'What recovery and `explain` read: decisions, intents, results.', journalRecordSchema],
  ['audit', 'Who asked, who decided, what was refused.', auditRecordSchema],
] as const;

/** Fields that every record has. */
const COMMON = ['kind', 'eventId', 'atMs', 'scope', 'runId', 'invocationId', 'correlationId'];

export function eventsPage(): string {
  const sections = FAMILIES.flatMap(([family, about, schema]) => [
    `## ${family}`,
    about,
    table(
      ['kind', 'fields of its own'],
      schema.options.map((option) => [`\`${option.shape.kind.value}\``, ownFields(option.shape)]),
    ),
  ]);
  return [
    '# Records of the log',
    `Every record has \`kind\`, \`eventId\`, \`atMs\` and \`scope\`, and where it concerns one also \`runId\`, \`invocationId\` and \`correlationId\`. Order comes from the cursor. Readers pass by kinds that they do not know.`,
    ...sections,
  ].join('\n\n');
}

function ownFields(shape: object): string {
  const own = Object.keys(shape).filter((name) => !COMMON.includes(name));
  return own.length === 0 ? '–' : own.map((name) => `\`${name}\``).join(', ');
}
