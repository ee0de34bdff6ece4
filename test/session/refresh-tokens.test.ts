import { expect, test } from '@jest/globals';
import { createHash, randomBytes } from 'node:crypto';
import { Keyring } from '../../src/keyring.ts';
import { RefreshTokens } from '../../src/session/refresh-tokens.ts';

const [CURRENT, PREVIOUS] = [new Keyring('c'.repeat(32)), new Keyring('p'.repeat(32))];
const tokens = new RefreshTokens([CURRENT, PREVIOUS]);
const sessionId = randomBytes(16).toString('base64url');
const client = { ip: '203.0.113.7', userAgent: 'phone' };

test('a token says whose it is, and by which hash it is kept', () => {
  const { token, hash } = tokens.make(sessionId);
  expect(tokens.read(token)).toEqual({ sessionId, hash });
  expect(hash).toBe(createHash('sha256').update(token).digest('base64url'));
});

test('no two tokens of a session are the same', () => {
  expect(new Set(Array.from({ length: 1_000 }, () => tokens.make(sessionId).token)).size).toBe(1_000);
});

test('with any one character changed it is no token', () => {
  const { token } = tokens.make(sessionId);
  const changed = Array.from(token, (character, at) =>
    [...'ABYZabyz0189-_+/= '].map((other) =>
      other === character ? '' : token.slice(0, at) + other + token.slice(at + 1),
    ),
  ).flat();
  expect(changed.length).toBe(96 * 18);
  expect(changed.filter((text) => tokens.read(text) !== null)).toEqual([]);
});

test('of any other length it is no token', () => {
  const { token } = tokens.make(sessionId);
  for (let length = 0; length < token.length; length += 1) expect(tokens.read(token.slice(0, length))).toBeNull();
  for (const more of ['A', '=', '\n', '\0', token]) expect(tokens.read(token + more)).toBeNull();
});

test.each([
  ['one session', sessionId],
  ['two sessions', randomBytes(16).toString('base64url')],
])('the parts of two tokens of %s make no third, wherever they are cut', (_of, otherSession) => {
  const [one, other] = [tokens.make(sessionId).token, tokens.make(otherSession).token];
  const mixed = Array.from(one, (_character, at) => one.slice(0, at) + other.slice(at));
  // A cut where both are alike before it, or after it, makes one of the two again.
  const thirds = mixed.filter((text) => text !== one && text !== other);
  expect(thirds.length).toBeGreaterThan(48);
  expect(thirds.filter((text) => tokens.read(text) !== null)).toEqual([]);
});

test('tokens of the previous secret are read, those of another are not, and new ones are of the current', () => {
  const { token } = new RefreshTokens([PREVIOUS]).make(sessionId);
  expect(tokens.read(token)?.sessionId).toBe(sessionId);
  expect(new RefreshTokens([CURRENT]).read(token)).toBeNull();
  expect(new RefreshTokens([CURRENT]).read(tokens.make(sessionId).token)?.sessionId).toBe(sessionId);
});

test('a successor follows from the used token, the seed and a secret, and from nothing less', () => {
  const { token: used } = tokens.make(sessionId);
  const [next, byPrevious] = tokens.successors(used, 'seed');
  expect(tokens.successors(used, 'seed')).toEqual([next, byPrevious]);
  expect(new RefreshTokens([PREVIOUS]).successors(used, 'seed')).toEqual([byPrevious]);
  for (const { token, hash } of [next, byPrevious!]) expect(tokens.read(token)).toEqual({ sessionId, hash });
  const others = [
    ...tokens.successors(used, 'another seed'),
    ...tokens.successors(tokens.make(sessionId).token, 'seed'),
    ...new RefreshTokens([new Keyring('x'.repeat(32))]).successors(used, 'seed'),
  ];
  const secrets = [next, byPrevious!, ...others].map(({ token }) => token.slice(22, 64));
  expect(new Set(secrets).size).toBe(7);
});

test('a client has one name per session and secret, which tells neither address nor user agent', () => {
  const [previous, current] = tokens.clientIds(sessionId, client);
  expect(tokens.clientIds(sessionId, { ...client })).toEqual([previous, current]);
  expect(new RefreshTokens([PREVIOUS]).clientIds(sessionId, client)).toEqual([previous]);
  const others = [
    tokens.clientIds(randomBytes(16).toString('base64url'), client),
    tokens.clientIds(sessionId, { ...client, ip: '203.0.113.8' }),
    tokens.clientIds(sessionId, { ...client, userAgent: 'Phone' }),
    tokens.clientIds(sessionId, { ...client, userAgent: null }),
  ];
  expect(new Set([current, previous, ...others.flat()]).size).toBe(10);
});

test('what an earlier release has given out and stored is recognised', () => {
  const [session, body] = [16, 48].map((length) => Buffer.alloc(length, 1).toString('base64url'));
  expect(tokens.read(`${body}LY79ZkLHESvmskMphPguTV6pJItXJnXT`)?.sessionId).toBe(session);
  expect(tokens.clientIds(session!, client)[1]).toBe('h8hxGQFuw8C7GkI-jJdAa_');
});
