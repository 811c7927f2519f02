// What a guest loop sees of its host.
export type { AgentLoopDriver, LoopCallOutcome, LoopExit, LoopHost } from './loop/host.ts';
export type {
  ModelErrorKind,
  ModelMessage,
  ModelOutcome,
  ModelProvider,
  ModelRequest,
  ModelTool,
} from './loop/model.ts';
export type { Checkpoint, CheckpointKind } from './checkpoint/checkpoint.ts';
export type { RunProfile } from './profile.ts';
export type { RunFailure } from './run.ts';
export { unansweredCalls, type ToolCall, type ToolResult, type TranscriptEntry } from './transcript/entry.ts';
