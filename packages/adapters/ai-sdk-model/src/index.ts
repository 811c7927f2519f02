// A live model
export { aiSdkModel } from './ai-sdk-model.ts';
export type { AiSdkModelOptions } from './options.ts';
