import { describe, expect, test } from 'vitest';
import { assertEngineVersion } from './engine-version.ts';

describe('the engine', () => {
  test.each(['3.51.3', '3.52.1', '3.53.0', '3.54.1', '3.50.7', '3.50.9', '3.44.6'])('%s will do', (version) => {
    expect(() => assertEngineVersion(version)).not.toThrow();
  });

  test.each(['3.51.2', '3.52.0', '3.50.6', '3.49.9', '3.45.9', '3.44.5', '3.7.0', '4.0.0', '2.8.17', '', 'x'])(
    '"%s" will not',
    (version) => {
      expect(() => assertEngineVersion(version)).toThrow('do not allow a durable store');
    },
  );
});
