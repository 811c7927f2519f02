import { HostApiError } from '@reborn/host-api';
import { describe, expect, it } from 'vitest';
import { aiSdkModel } from './ai-sdk-model.ts';
import type { AiSdkModelOptions } from './options.ts';

const valid = { endpoint: 'http://127.0.0.1:1/v1/', model: 'm', apiKey: 'sk-sentinel' };

describe('options of a live model', () => {
  it('are taken without reaching for the endpoint, and the label names the model, not the address', () => {
    expect(aiSdkModel(valid).label).toBe('m (OpenAI-compatible endpoint)');
  });

  it('do not show in the model', () => {
    expect(JSON.stringify(Object.entries(aiSdkModel(valid)))).not.toContain('sk-sentinel');
  });

  it.each<[string, Partial<AiSdkModelOptions>]>([
    ['endpoint', { endpoint: 'sentinel' }],
    ['endpoint', { endpoint: 'ftp://sentinel/v1' }],
    ['endpoint', { endpoint: 'https://user:sentinel@host/v1' }],
    ['endpoint', { endpoint: 'https://host/v1?key=sentinel' }],
    ['model', { model: '' }],
    ['apiKey', { apiKey: 'sentinel\nx' }],
    ['apiKey', { apiKey: 'sentinel ü' }],
    ['temperature', { temperature: Number.NaN }],
    ['maxOutputTokens', { maxOutputTokens: 0.5 }],
    ['timeoutMs', { timeoutMs: 0 }],
  ])('are refused by the name of the field %s, without the value', (field, change) => {
    try {
      aiSdkModel({ ...valid, ...change });
      expect.unreachable();
    } catch (error) {
      if (!HostApiError.is(error)) throw error;
      expect(error.code).toBe('host-api/invalid_value');
      expect(error.detail['field']).toBe(field);
      expect(JSON.stringify(error)).not.toContain('sentinel');
    }
  });
});
