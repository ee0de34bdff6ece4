// A token is ours only if this server signed it, with the one algorithm, for this audience, as an access token, and if it
// has not expired (RFC 8725). Whatever else a string claims about itself, it is nobody's.
import { describe, expect, test } from '@jest/globals';
import jwt from 'jsonwebtoken';
import { generateKeyPairSync } from 'node:crypto';
import { AccessTokens, type AccessTokenSettings } from '../../src/session/access-token.ts';
import type { Session } from '../../src/session/ports.ts';
import { SigningKeys } from '../../src/session/signing-keys.ts';
import { FakeClock } from '../support/server.ts';

const NOW = Date.UTC(2026, 0, 15, 12);
const SECRET = 's'.repeat(32);
const SETTINGS: AccessTokenSettings = {
  issuer: 'https://id.example',
  audience: 'otpql',
  accessTtlSeconds: 900,
};
const SESSION: Session = {
  id: 'session-id',
  userId: 'user-id',
  amr: ['otp'],
  authenticatedAt: new Date(NOW - 61_500),
  userAgent: null,
  maskedIp: '203.0.113.x',
  lastUsedAt: new Date(),
  createdAt: new Date(NOW),
  expiresAt: new Date(NOW + 1e9),
  endsAt: new Date(NOW + 2e9),
};
const WHOSE = { userId: 'user-id', sessionId: 'session-id' };

const tokens = (secrets: [string, ...string[]] = [SECRET], clock = new FakeClock(NOW)) =>
  new AccessTokens(SETTINGS, new SigningKeys({ algorithm: 'HS256', secrets }), clock.now);
const CLAIMS = {
  iss: SETTINGS.issuer,
  aud: 'otpql',
  sub: 'user-id',
  sid: 'session-id',
  iat: NOW / 1000,
  exp: NOW / 1000 + 900,
};
const signed = (claims: object, options: jwt.SignOptions = {}, key: jwt.Secret = SECRET) =>
  jwt.sign(claims, key, { header: { alg: options.algorithm ?? 'HS256', typ: 'at+jwt' }, ...options });

test('a token says who, by which session, how and when, and until when', () => {
  const { token, expiresAt } = tokens().sign(SESSION);
  expect(jwt.decode(token, { complete: true })).toMatchObject({
    header: { alg: 'HS256', typ: 'at+jwt' },
    payload: { ...CLAIMS, amr: ['otp'], auth_time: NOW / 1000 - 62, jti: expect.stringMatching(/^[\w-]{22}$/) },
  });
  expect(expiresAt).toEqual(new Date(NOW + 900_000));
  expect(tokens().verify(token)).toEqual(WHOSE);
});

test.each([
  [899_999, 899],
  [900_000, 900],
  [900_001, 900],
])('of a session that ends in %d ms a token works for %d s: it does not outlive it', (left, seconds) => {
  const { expiresAt } = tokens().sign({ ...SESSION, endsAt: new Date(NOW + left) });
  expect(expiresAt).toEqual(new Date(NOW + seconds * 1000));
});

test('two tokens of one session are not the same', () => {
  expect(tokens().sign(SESSION).token).not.toBe(tokens().sign(SESSION).token);
});

test.each([
  [-1, WHOSE],
  [0, null],
  [1, null],
])('%d ms from its expiry a token is: %j', (beside, expected) => {
  const clock = new FakeClock(NOW);
  const ours = tokens([SECRET], clock);
  const { token, expiresAt } = ours.sign(SESSION);
  clock.set(expiresAt.getTime() + beside);
  expect(ours.verify(token)).toEqual(expected);
});

test('a token of the previous secret is accepted, and new ones are signed with the current', () => {
  const before = tokens().sign(SESSION).token;
  const rotated = tokens(['n'.repeat(32), SECRET]);
  expect(rotated.verify(before)).toEqual(WHOSE);
  expect(tokens().verify(rotated.sign(SESSION).token)).toBeNull();
  expect(tokens(['n'.repeat(32)]).verify(before)).toBeNull();
});

describe('refused is', () => {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const [head, body, signature] = signed(CLAIMS).split('.') as [string, string, string];
  const [firstOfSignature] = signature;
  const flipped = (firstOfSignature === 'A' ? 'B' : 'A') + signature.slice(1);
  const without = (name: keyof typeof CLAIMS) => {
    const { [name]: _left, ...rest } = CLAIMS;
    return rest;
  };

  test('not what these tests sign by themselves', () => {
    expect(tokens().verify(signed(CLAIMS))).toEqual(WHOSE);
  });

  const FORGED: Record<string, string> = {
    'a token without an algorithm': `${part({ alg: 'none', typ: 'at+jwt' })}.${body}.`,
    'the same spelled otherwise': `${part({ alg: 'nOnE', typ: 'at+jwt' })}.${body}.`,
    'a token without an algorithm that kept its signature': `${part({ alg: 'none', typ: 'at+jwt' })}.${body}.${signature}`,
    'a token whose signature was cut off': `${head}.${body}.`,
    'a token of another HMAC with the same key': signed(CLAIMS, { algorithm: 'HS512' }),
    'a token of RS256': signed(CLAIMS, { algorithm: 'RS256' }, privateKey),
    'a token of another secret': signed(CLAIMS, {}, 'x'.repeat(32)),
    'a signature with one letter changed': `${head}.${body}.${flipped}`,
    'another audience': signed({ ...CLAIMS, aud: 'other' }),
    'no audience': signed(without('aud')),
    'another issuer': signed({ ...CLAIMS, iss: 'https://evil.example' }),
    'no issuer': signed(without('iss')),
    'no expiry': signed(without('exp')),
    'no user': signed(without('sub')),
    'no session': signed(without('sid')),
    'a session that is no string': signed({ ...CLAIMS, sid: { $ne: null } }),
    'a plain JWT, such as another service signs': signed(CLAIMS, { header: { alg: 'HS256', typ: 'JWT' } }),
    'a refresh token by its type': signed(CLAIMS, { header: { alg: 'HS256', typ: 'rt+jwt' } }),
    'a payload that was changed': `${head}.${part({ ...CLAIMS, sub: 'another-user' })}.${signature}`,
    'a payload that is no object': jwt.sign('user-id', SECRET),
    nothing: '',
    dots: '..',
    words: 'not a token',
    'five parts': `${head}.${body}.${signature}.x.y`,
    'a very long string': 'a.'.repeat(50_000),
  };

  test.each(Object.entries(FORGED))('%s', (_what, token) => {
    expect(tokens().verify(token)).toBeNull();
  });

  test('a token that was signed with the public key of a server that checks RSA', () => {
    // The server's own secret is what jsonwebtoken would take for a PEM: an HS256 token over it must not pass as RS256.
    const header = part({ alg: 'HS256', typ: 'at+jwt' });
    const confused = jwt.sign(CLAIMS, Buffer.from(publicKey), { header: { alg: 'HS256', typ: 'at+jwt' } });
    expect(confused.startsWith(`${header}.`)).toBe(true);
    expect(tokens().verify(confused)).toBeNull();
    expect(tokens([publicKey]).verify(signed(CLAIMS, { algorithm: 'RS256' }, privateKey))).toBeNull();
  });
});
