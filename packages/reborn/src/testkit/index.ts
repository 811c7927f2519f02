// Models that answer from a list.
export { createScriptedModel, type ScriptedModel, type ScriptedStep } from './scripted-model.ts';

// A whole turn in one call.
export { runTurn, TEST_SCOPE, type FinishedTurn, type ScriptedAnswer, type TurnScript } from './run-turn.ts';

// Storage that outlives its hosts.
export { keptInMemory, type KeptStorage } from './kept-storage.ts';
