// Over real HTTP, a token counts only if this server signed it, with the one configured algorithm and a key of its own,
// as an access token, for this issuer and audience, and if it has not expired and its session lives (RFC 8725).
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import jwt from 'jsonwebtoken';
import { createHmac, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { registerUser } from '../support/codes.ts';
import { privatePem } from '../support/keys.ts';
import { startServer, type TestServer } from '../support/server.ts';

const SECRET = 'the-shared-secret-of-these-tests-0123';
const [CURRENT, PREVIOUS, FOREIGN] = [privatePem(), privatePem(), privatePem()];
const RSA = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
const ISSUER = 'https://id.example';

const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
const publicPem = (pem: string) => createPublicKey(pem).export({ type: 'spki', format: 'pem' }).toString();
const publicJwk = (pem: string) => createPublicKey(pem).export({ format: 'jwk' });

let es256: TestServer;
let hs256: TestServer;
beforeAll(async () => {
  const shared = { JWT_ISSUER: ISSUER, JWT_AUDIENCE: 'bank' };
  es256 = await startServer({
    ...shared,
    JWT_PRIVATE_KEY: CURRENT,
    JWT_PRIVATE_KEY_PREVIOUS: PREVIOUS,
    JWT_SECRET_KEY: SECRET,
  });
  hs256 = await startServer({ ...shared, JWT_SECRET_KEY: SECRET });
});
afterAll(() => Promise.all([es256.close(), hs256.close()]));

interface Parts {
  readonly header: Record<string, unknown>;
  readonly claims: Record<string, unknown>;
  readonly token: string;
}
async function realToken(server: TestServer): Promise<Parts> {
  const { token } = await registerUser(server);
  const { header, payload } = jwt.decode(token, { complete: true })!;
  return { header: { ...header }, claims: payload as jwt.JwtPayload, token };
}
/** What `me` answers to a token: the user's id, or the error's code. */
async function whoIs(server: TestServer, token: string): Promise<unknown> {
  const { data, code } = await server.query('{ me { id } }', undefined, { authorization: `Bearer ${token}` });
  return code ?? (data?.['me'] as { id: string }).id;
}
const sign = (
  { claims, header }: Parts,
  key: jwt.Secret,
  changed: { header?: Record<string, unknown>; claims?: Record<string, unknown> } = {},
) => {
  const whole = { ...header, ...changed.header } as unknown as jwt.JwtHeader;
  return jwt.sign({ ...claims, ...changed.claims }, key, { algorithm: whole.alg as jwt.Algorithm, header: whole });
};
/** HMAC over any bytes as the secret, which jsonwebtoken itself refuses to do with a PEM. */
function hmacToken({ claims, header }: Parts, secret: string | Buffer, alg: 'HS256' | 'HS512' = 'HS256'): string {
  const signed = `${part({ ...header, alg })}.${part(claims)}`;
  return `${signed}.${createHmac(alg.replace('HS', 'sha'), secret).update(signed).digest('base64url')}`;
}
function unsigned({ claims, header }: Parts, alg: string): string {
  return `${part({ ...header, alg })}.${part(claims)}.`;
}

describe('with ES256', () => {
  let real: Parts;
  beforeAll(async () => {
    real = await realToken(es256);
  });
  const kidOf = async (index: number): Promise<string> => {
    const response = await fetch(`${es256.url}/.well-known/jwks.json`);
    return ((await response.json()) as { keys: { kid: string }[] }).keys[index]!.kid;
  };

  test('a token of the current key, and one of the previous key, say who it is', async () => {
    expect(real.header).toEqual({ alg: 'ES256', typ: 'at+jwt', kid: await kidOf(0) });
    expect(await whoIs(es256, real.token)).toBe(real.claims['sub']);
    // What the attacks below do, done rightly: none of them fails for a reason of its own.
    expect(await whoIs(es256, sign(real, CURRENT))).toBe(real.claims['sub']);
    expect(await whoIs(es256, sign(real, PREVIOUS, { header: { kid: await kidOf(1) } }))).toBe(real.claims['sub']);
  });

  const FORGED: Record<string, (real: Parts) => string> = {
    'without an algorithm': (own) => unsigned(own, 'none'),
    'without an algorithm, spelled otherwise': (own) => unsigned(own, 'NoNe'),
    'without an algorithm, with the signature of a good one': (own) => unsigned(own, 'none') + own.token.split('.')[2]!,
    'with the signature cut off': (own) => own.token.replace(/[^.]+$/, ''),
    'by HS256 with the secret of before': (own) => hmacToken(own, SECRET),
    'by HS256 with that secret and no kid': (own) => hmacToken({ ...own, header: { typ: 'at+jwt' } }, SECRET),
    'by HS256 with the public key in PEM as the secret': (own) => hmacToken(own, publicPem(CURRENT)),
    'by HS256 with the public key in DER as the secret': (own) =>
      hmacToken(own, createPublicKey(CURRENT).export({ type: 'spki', format: 'der' })),
    'by HS256 with the public JWK as the secret': (own) => hmacToken(own, JSON.stringify(publicJwk(CURRENT))),
    'by HS512 with the public key as the secret': (own) => hmacToken(own, publicPem(CURRENT), 'HS512'),
    'by RS256': (own) => sign(own, RSA, { header: { alg: 'RS256' } }),
    'by PS256': (own) => sign(own, RSA, { header: { alg: 'PS256' } }),
    'by ES256 with another key under our kid': (own) => sign(own, FOREIGN),
    'by ES256 with another key under its own kid': (own) => sign(own, FOREIGN, { header: { kid: 'foreign' } }),
    'by our key under an unknown kid': (own) => sign(own, CURRENT, { header: { kid: 'unknown' } }),
    'by our key without a kid': (own) => sign({ ...own, header: { alg: 'ES256', typ: 'at+jwt' } }, CURRENT),
    'by our key under the kid of the other': (own) => sign(own, PREVIOUS),
    'with its own key embedded as jwk': (own) => sign(own, FOREIGN, { header: { jwk: publicJwk(FOREIGN) } }),
    'with its own key at a jku': (own) =>
      sign(own, FOREIGN, { header: { jku: 'https://evil.example/jwks.json', kid: 'foreign' } }),
    'with its own key at an x5u': (own) => sign(own, FOREIGN, { header: { x5u: 'https://evil.example/x.pem' } }),
    'by our key with a header of somebody else': (own) => sign(own, CURRENT, { header: { jku: ISSUER } }),
    'by our key with a critical extension': (own) => sign(own, CURRENT, { header: { crit: ['exp'] } }),
    'with a kid that names a file': (own) => sign(own, FOREIGN, { header: { kid: '../../../../dev/null' } }),
    'with a kid that is no text': (own) => sign(own, FOREIGN, { header: { kid: { $ne: null } } }),
    'from another issuer': (own) => sign(own, CURRENT, { claims: { iss: 'https://evil.example' } }),
    'for another audience': (own) => sign(own, CURRENT, { claims: { aud: 'shop' } }),
    'for the audience of payments': (own) => sign(own, CURRENT, { claims: { aud: 'bank/transactions' } }),
    'that has expired': (own) => sign(own, CURRENT, { claims: { exp: Number(own.claims['iat']) } }),
    'that never expires': ({ claims: { exp: _never, ...claims }, ...own }) => sign({ ...own, claims }, CURRENT),
    'of another type': (own) => sign(own, CURRENT, { header: { typ: 'JWT' } }),
    'of a receipt': (own) => sign(own, CURRENT, { header: { typ: 'transaction-receipt+jwt' } }),
    'of a session that is not there': (own) => sign(own, CURRENT, { claims: { sid: 'no-such-session' } }),
  };
  test.each(Object.entries(FORGED))('a token %s is nobody', async (_what, forge) => {
    expect(await whoIs(es256, forge(real))).toBe('UNAUTHENTICATED');
  });

  test('a token of a server with HS256 is nobody here, and the reverse', async () => {
    const other = await realToken(hs256);
    expect(await whoIs(hs256, other.token)).toBe(other.claims['sub']);
    expect(await whoIs(es256, other.token)).toBe('UNAUTHENTICATED');
    expect(await whoIs(hs256, real.token)).toBe('UNAUTHENTICATED');
  });

  test('a refresh token is no access token', async () => {
    const { refreshToken } = await registerUser(es256);
    expect(await whoIs(es256, refreshToken)).toBe('UNAUTHENTICATED');
  });

  test('a token works to its last ms, and not in the next', async () => {
    const { token, claims } = await realToken(es256);
    const before = es256.clock.now();
    es256.clock.set(Number(claims['exp']) * 1000 - 1);
    expect(await whoIs(es256, token)).toBe(claims['sub']);
    es256.clock.advance(1);
    expect(await whoIs(es256, token)).toBe('UNAUTHENTICATED');
    es256.clock.set(before);
  });
});

describe('with HS256', () => {
  let real: Parts;
  beforeAll(async () => {
    real = await realToken(hs256);
  });

  test('a token of the secret says who it is', async () => {
    expect(real.header).toEqual({ alg: 'HS256', typ: 'at+jwt' });
    expect(await whoIs(hs256, hmacToken(real, SECRET))).toBe(real.claims['sub']);
  });

  const FORGED: Record<string, (real: Parts) => string> = {
    'without an algorithm': (own) => unsigned(own, 'none'),
    'of another secret': (own) => hmacToken(own, 'x'.repeat(32)),
    'of an empty secret': (own) => hmacToken(own, ''),
    'by HS512 with the same secret': (own) => hmacToken(own, SECRET, 'HS512'),
    'by ES256 with a key of its own': (own) =>
      sign(own, FOREIGN, { header: { alg: 'ES256', jwk: publicJwk(FOREIGN) } }),
    'by RS256': (own) => sign(own, RSA, { header: { alg: 'RS256' } }),
    'from another issuer': (own) => sign(own, SECRET, { claims: { iss: 'https://evil.example' } }),
    'for another audience': (own) => sign(own, SECRET, { claims: { aud: 'shop' } }),
    'that has expired': (own) => sign(own, SECRET, { claims: { exp: Number(own.claims['iat']) } }),
    'of another type': (own) => sign(own, SECRET, { header: { typ: 'JWT' } }),
  };
  test.each(Object.entries(FORGED))('a token %s is nobody', async (_what, forge) => {
    expect(await whoIs(hs256, forge(real))).toBe('UNAUTHENTICATED');
  });
});
