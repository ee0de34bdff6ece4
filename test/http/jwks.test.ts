import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { calculateJwkThumbprint, createRemoteJWKSet, jwtVerify } from 'jose';
import { createPublicKey } from 'node:crypto';
import { registerUser } from '../support/codes.ts';
import { privatePem } from '../support/keys.ts';
import { startServer, type TestServer } from '../support/server.ts';

const [CURRENT, PREVIOUS] = [privatePem(), privatePem()];
const PATH = '/.well-known/jwks.json';
let server: TestServer;
beforeAll(async () => {
  // The current key among the previous ones is a slip of rotation, and no second entry.
  server = await startServer({ JWT_PRIVATE_KEY: CURRENT, JWT_PRIVATE_KEY_PREVIOUS: PREVIOUS + CURRENT });
});
afterAll(() => server.close());

test('the public keys are there, the current first, named by their thumbprint', async () => {
  const response = await fetch(server.url + PATH);
  expect(response.status).toBe(200);
  const { keys } = (await response.json()) as { keys: Record<string, string>[] };
  const expected = [CURRENT, PREVIOUS].map(async (pem) => {
    const jwk = createPublicKey(pem).export({ format: 'jwk' });
    return { ...jwk, kid: await calculateJwkThumbprint(jwk), use: 'sig', alg: 'ES256' };
  });
  // Equal: nothing else is in there, above all no `d`.
  expect(keys).toEqual(await Promise.all(expected));
});

test('any page may read them, and anybody may keep them for five minutes', async () => {
  for (const origin of ['https://shop.example', 'http://localhost:3000', undefined]) {
    const response = await fetch(server.url + PATH, { headers: origin === undefined ? {} : { origin } });
    expect(response.headers.get('access-control-allow-origin')).toBe('*');
    expect(response.headers.get('access-control-allow-credentials')).toBeNull();
    expect(response.headers.get('cache-control')).toBe('public, max-age=300');
    expect(response.headers.get('content-type')).toContain('application/json');
  }
});

test('a backend that knows nothing but this address checks a token by them', async () => {
  const { token, user } = await registerUser(server);
  const keys = createRemoteJWKSet(new URL(server.url + PATH));
  const { payload } = await jwtVerify(token, keys, { audience: 'otpql', typ: 'at+jwt', algorithms: ['ES256'] });
  expect(payload.sub).toBe(user.id);
});

test('with HS256 the set is empty: the one key is a secret', async () => {
  const hs256 = await startServer();
  try {
    expect(await (await fetch(hs256.url + PATH)).json()).toEqual({ keys: [] });
  } finally {
    await hs256.close();
  }
});
