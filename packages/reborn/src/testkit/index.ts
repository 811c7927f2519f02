// Models that answer from a list.
export { createScriptedModel, type ScriptedModel, type ScriptedStep } from './scripted-model.ts';
