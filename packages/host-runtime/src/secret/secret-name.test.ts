import { expect, test } from 'vitest';
import { isSecretName } from './secret-name.ts';

test('names under which secrets are kept are known in every way of writing them', () => {
  const secret = [
    'password',
    'PASSWORD',
    'db_password',
    'userPassword',
    'passwd',
    'pass-phrase passphrase',
    'secret',
    'client_secret',
    'clientSecret',
    'token',
    'access_token',
    'githubToken',
    'GITHUB_TOKEN',
    'x-auth-token',
    'csrf-token',
    'api_key',
    'apiKey',
    'X-API-Key',
    'APIKEY',
    'Authorization',
    'Proxy-Authorization',
    'Cookie',
    'Set-Cookie',
    'credentials',
    'AWS_SECRET_ACCESS_KEY',
    'privateKey',
    'Ocp-Apim-Subscription-Key',
  ];
  const plain = [
    '',
    'key',
    'name',
    'tokens',
    'input_tokens',
    'nextPageToken',
    'page_token',
    'continuation-token',
    'sync_token',
    'public_key',
    'primary key',
    'keyboard',
    'secretary',
    'password_hint_shown',
    'passport',
    'compass',
    'authorizationUrl',
  ];
  expect(secret.filter((name) => !isSecretName(name))).toEqual([]);
  expect(plain.filter(isSecretName)).toEqual([]);
});
