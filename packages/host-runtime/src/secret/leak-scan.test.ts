import { describe, expect, test } from 'vitest';
import { findLeak, maskCredentials, type LeakKind } from './leak-scan.ts';

const letters = (count: number, alphabet = 'aB3dE5gH7jK9mN2pQ4sT6vW8yZ'): string =>
  Array.from({ length: count }, (_, at) => alphabet.charAt((at * 7) % alphabet.length)).join('');
const hex = (count: number): string => letters(count, '0f1e2d3c4b5a6978');
const CAPITALS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
const WEB_TOKEN = `eyJhbGciOiJIUzI1NiJ9.${letters(30)}.${letters(43)}`;

/** Put together here, so that no scanner of sources takes them for real. */
const KEYS: readonly (readonly [LeakKind, string])[] = [
  ['private_key', `-----BEGIN ${'RSA '}PRIVATE KEY-----`],
  ['private_key', `-----BEGIN ${'PGP '}PRIVATE KEY BLOCK-----`],
  ['private_key', `AGE-SECRET-KEY-1${letters(58, CAPITALS)}`],
  ['private_key', 'PuTTY-User-Key-File-3: ssh-ed25519'],
  ['cloud_key', `AKIA${letters(16, CAPITALS)}`],
  ['cloud_key', `ASIA${letters(16, CAPITALS)}`],
  ['cloud_key', `AIza${letters(35)}`],
  ['cloud_key', `ya29.${letters(60)}`],
  ['cloud_key', `GOCSPX-${letters(28)}`],
  ['cloud_key', `AccountKey=${letters(86)}==`],
  ['cloud_key', `dop_v1_${hex(64)}`],
  ['cloud_key', `dapi${hex(32)}`],
  ['source_host_token', `ghp_${letters(36)}`],
  ['source_host_token', `ghs_${letters(36)}`],
  ['source_host_token', `github_pat_${letters(22)}_${letters(59)}`],
  ['source_host_token', `glpat-${letters(20)}`],
  ['source_host_token', `ATATT3${letters(180)}`],
  ['chat_token', `xoxb-${letters(12)}-${letters(12)}-${letters(24)}`],
  ['chat_token', `https://hooks.slack.com/services/T${letters(8)}/B${letters(8)}/${letters(24)}`],
  ['chat_token', `123456789:AA${letters(33)}`],
  ['payment_key', `sk_live_${letters(24)}`],
  ['payment_key', `rk_test_${letters(24)}`],
  ['payment_key', `whsec_${letters(32)}`],
  ['model_key', `sk-ant-api03-${letters(90)}-AA`],
  ['model_key', `sk-proj-${letters(48)}`],
  ['model_key', `sk-${letters(48)}`],
  ['model_key', `hf_${letters(34)}`],
  ['model_key', `gsk_${letters(52)}`],
  ['package_token', `npm_${letters(36)}`],
  ['package_token', `pypi-AgEI${letters(100)}`],
  ['package_token', `dckr_pat_${letters(27)}`],
  ['service_token', `shpat_${hex(32)}`],
  ['service_token', `SG.${letters(22)}.${letters(43)}`],
  ['service_token', `hvs.${letters(24)}`],
  ['service_token', `lin_api_${letters(40)}`],
  ['service_token', `SK${hex(32)}`],
];

const CARRIED: readonly (readonly [LeakKind, string, string])[] = [
  ['web_token', `id=${WEB_TOKEN};`, 'id=[redacted];'],
  ['authorization', `authorization: Bearer ${letters(24)}`, 'authorization: Bearer [redacted]'],
  ['authorization', `bearer=${letters(24)} x`, 'bearer=[redacted] x'],
  ['authorization', 'Authorization: Basic dXNlcjpwYXNz', 'Authorization: Basic [redacted]'],
  ['authorization', '{"authorization": "Token 8f3kdj2k"}', '{"authorization": "Token [redacted]"}'],
  ['url_credentials', 'postgres://app:hunter2@db:5432/x', 'postgres://[redacted]@db:5432/x'],
  ['url_credentials', 'see https://:tok3n@host/ and', 'see https://[redacted]@host/ and'],
];

describe('a leak', () => {
  for (const [kind, key] of KEYS) {
    test(`of the shape ${key.slice(0, 12)}… is found wherever it stands and however it is spelled`, () => {
      for (const text of [
        key,
        `before ${key} after`,
        `{"a":"${key}"}`,
        `KEY=${key}`,
        `line\n${key}\n`,
        `x?k=${encodeURIComponent(key)}`,
        JSON.stringify({ text: `\t${key}\n` }),
        Array.from(key, (letter) => `%${letter.charCodeAt(0).toString(16)}`).join(''),
        Array.from(key, (letter) => `%25${letter.charCodeAt(0).toString(16)}`).join(''),
        Array.from(key, (letter) => `&#${letter.charCodeAt(0)};`).join(''),
        Array.from(key, (letter) => `\\u00${letter.charCodeAt(0).toString(16)}`).join(''),
        ...['', 'a', 'ab'].map((before) => Buffer.from(`${before} ${key} rest`).toString('base64')),
        Buffer.from(`user:${key} `).toString('base64url'),
      ]) {
        expect([text, findLeak(text)]).toEqual([text, kind]);
      }
    });
  }

  test('is found where protocols carry credentials, and only the credential is masked', () => {
    for (const [kind, text, masked] of CARRIED) {
      expect([text, findLeak(text)]).toEqual([text, kind]);
      expect(maskCredentials(text)).toBe(masked);
      expect(findLeak(masked)).toBeUndefined();
    }
  });

  test('is found again by the next search', () => {
    expect([findLeak(WEB_TOKEN), findLeak(WEB_TOKEN)]).toEqual(['web_token', 'web_token']);
  });
});

test('what only resembles a leak is none, and is not masked', () => {
  for (const text of [
    '',
    'A bearer of good news; basic understanding of authorization: required.',
    'Use the Bearer authentication scheme',
    'class="sk-loading-spinner" and task-management-of-something-else',
    'https://example.com/a:b@c and mailto:someone@example.com',
    'http://localhost:8080/path?x=1:2@3',
    'sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
    '0191c1e0-7c1f-7d3a-9c4f-3f1f6a1b2c3d',
    '-----BEGIN CERTIFICATE-----',
    'the AKIA prefix, ghp_ tokens and sk- keys',
    Buffer.from('just a picture, or some other long content without any key in it').toString('base64'),
    letters(4_000),
  ]) {
    expect([text, findLeak(text)]).toEqual([text, undefined]);
    expect(maskCredentials(text)).toBe(text);
  }
});

test('a search takes time in proportion to the text, whatever it begins with again and again', () => {
  for (const part of [
    'eyJ',
    'bearer=',
    'Bearer ',
    'a://',
    'https://a:',
    '-----BEGIN ',
    'authorization: ',
    '&',
    '%',
    '\\',
  ]) {
    const text = part.repeat(100_000 / part.length);
    const started = performance.now();
    findLeak(text);
    maskCredentials(text);
    expect(performance.now() - started).toBeLessThan(5_000);
  }
});
