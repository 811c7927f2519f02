/** The tables of streams as statements see them: which column holds what, and how a row becomes a record. */
import { LABELS, type Label, type Labels } from '@reborn/host-api';

/** The column of each label: the only names that statements are composed of. */
export const LABEL_COLUMNS = {
  userId: 'user_id',
  agentId: 'agent_id',
  projectId: 'project_id',
  missionId: 'mission_id',
  threadId: 'thread_id',
  runId: 'run_id',
  invocationId: 'invocation_id',
  correlationId: 'correlation_id',
  capabilityId: 'capability_id',
  provider: 'provider',
  actorId: 'actor_id',
} as const satisfies Record<Label, string>;
export type LabelColumn = (typeof LABEL_COLUMNS)[Label];

/** Columns of the content, in the order of `contentValues`. All of them are NULL once a record was removed. */
export const CONTENT_COLUMNS = ['kind', 'at_ms', 'body', ...LABELS.map((label) => LABEL_COLUMNS[label])];

export type LabelRow = Readonly<Record<LabelColumn, string | null>>;

/** The links of a stream are kept as bytes; statements hand them out and take them as hex. */
export const STREAM_COLUMNS = `id, head, lower(hex(head_chain)) AS headChain, earliest,
  lower(hex(base_chain)) AS baseChain, removed`;

export interface StreamRow {
  readonly id: number;
  readonly head: number;
  readonly headChain: string;
  readonly earliest: number;
  readonly baseChain: string;
  readonly removed: number;
}

export const GET_STREAM = `SELECT ${STREAM_COLUMNS} FROM stream WHERE family = ? AND tenant = ?`;
export const GET_RECORD = 'SELECT body FROM record WHERE machine = ? AND key = ?';

export interface BodyRow {
  readonly body: string;
}

export function toLabels(row: LabelRow): Labels {
  const labels: Partial<Record<Label, string>> = {};
  for (const label of LABELS) {
    const value = row[LABEL_COLUMNS[label]];
    if (value !== null) labels[label] = value;
  }
  return labels;
}
