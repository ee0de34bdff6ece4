import { describe, expect, test } from '@jest/globals';
import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { ConfigError, parseConfig } from '../../src/config/config.ts';
import { privatePem, rsaPem } from '../support/keys.ts';

const PRODUCTION = {
  NODE_ENV: 'production',
  MONGODB_URI: 'mongodb://127.0.0.1/x',
  OTP_SECRET: 'o'.repeat(32),
  TWILIO_ACCOUNT_SID: `AC${'0'.repeat(32)}`,
  TWILIO_AUTH_TOKEN: 'token',
  TWILIO_VERIFY_SERVICE_SID: `VA${'0'.repeat(32)}`,
};
const JWT_PRIVATE_KEY = privatePem();

function signing(environment: Record<string, string>) {
  const { signing: found } = parseConfig({ ...PRODUCTION, ...environment }).jwt;
  if (found.algorithm !== 'ES256') throw new Error('HS256');
  return found;
}
function problemsOf(environment: Record<string, string>): readonly string[] {
  try {
    parseConfig({ ...PRODUCTION, ...environment });
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.problems;
  }
}
const publicPem = (pem: string) => createPublicKey(pem).export({ type: 'spki', format: 'pem' }).toString();
const base64 = (text: string) => Buffer.from(text).toString('base64');
const escaped = (pem: string) => pem.replaceAll('\n', '\\n');

describe('JWT_PRIVATE_KEY', () => {
  const sec1 = createPrivateKey(JWT_PRIVATE_KEY).export({ type: 'sec1', format: 'pem' }).toString();
  const openssl = `-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n${sec1}`;

  test.each(
    Object.entries({
      'PKCS#8': JWT_PRIVATE_KEY,
      SEC1: sec1,
      'what `openssl ecparam -genkey` writes': openssl,
      'line ends written as \\n': escaped(JWT_PRIVATE_KEY),
      'line ends of Windows': JWT_PRIVATE_KEY.replaceAll('\n', '\r\n'),
      'line ends of Windows, written': JWT_PRIVATE_KEY.replaceAll('\n', '\\r\\n'),
      'base64 of the PEM': base64(JWT_PRIVATE_KEY),
      'base64 of SEC1 with parameters': base64(openssl),
    }),
  )('is read from %s', (_form, value) => {
    const { privateKey, previousKeys } = signing({ JWT_PRIVATE_KEY: value });
    expect(privateKey.equals(createPrivateKey(JWT_PRIVATE_KEY))).toBe(true);
    expect(previousKeys).toEqual([]);
  });

  test('makes JWT_SECRET_KEY unnecessary in production', () => {
    expect(problemsOf({ JWT_PRIVATE_KEY })).toEqual([]);
    expect(problemsOf({})).toEqual([expect.stringMatching(/^JWT_SECRET_KEY is missing/)]);
  });

  const encrypted = createPrivateKey(JWT_PRIVATE_KEY)
    .export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' })
    .toString();
  const WRONG: Record<string, [string, RegExp]> = {
    'an RSA key': [rsaPem(), /P-256/],
    'a key of P-384': [privatePem('P-384'), /P-256/],
    'a key of secp256k1': [privatePem('secp256k1', 'sec1'), /P-256/],
    'an Ed25519 key': [
      generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
      /P-256/,
    ],
    'a public key': [publicPem(JWT_PRIVATE_KEY), /public key/],
    'an encrypted key': [encrypted, /passphrase/],
    'two keys': [JWT_PRIVATE_KEY + privatePem(), /several/],
    'a key that was cut off': [JWT_PRIVATE_KEY.slice(0, -40), /no key in PEM/],
    'a key with a letter gone': [JWT_PRIVATE_KEY.replace(/\nM/, '\n'), /cannot be read/],
    'a key with words around it': [`my key: ${JWT_PRIVATE_KEY}`, /no key in PEM/],
    words: ['correct-horse-battery-staple', /no key in PEM/],
    'a path': ['/etc/otpql/key.pem', /no key in PEM/],
  };
  test.each(Object.entries(WRONG))('refuses the start with %s, and never shows it', (_what, [value, problem]) => {
    for (const form of [value, base64(value), escaped(value)]) {
      const found = problemsOf({ JWT_PRIVATE_KEY: form });
      expect(found).toHaveLength(1);
      expect(found[0]).toMatch(/^JWT_PRIVATE_KEY (is|must|cannot|holds)/);
      expect(found[0]).toMatch(problem);
      const secret = value.replace(/-----[A-Z ]+-----/g, '').trim();
      for (let at = 0; at + 12 <= secret.length; at += 4) expect(found[0]).not.toContain(secret.slice(at, at + 12));
      // Development is no kinder: a key that is there is meant.
      expect(problemsOf({ JWT_PRIVATE_KEY: form, NODE_ENV: 'development' })).toEqual(found);
    }
  });
});

describe('JWT_PRIVATE_KEY_PREVIOUS', () => {
  const [first, second] = [privatePem(), privatePem()];
  test.each(
    Object.entries({
      'private keys one after the other': first + second,
      'public keys separated by a comma': `${publicPem(first)},${publicPem(second)}`,
      'one of each, in one line': `${escaped(first)},${escaped(publicPem(second))}`,
      'base64, separated by a comma': `${base64(first)}, ${base64(publicPem(second))}`,
      'base64 of both together': base64(first + publicPem(second)),
    }),
  )('takes %s and keeps their public parts only', (_form, value) => {
    const { previousKeys } = signing({ JWT_PRIVATE_KEY, JWT_PRIVATE_KEY_PREVIOUS: value });
    expect(previousKeys.map(({ type }) => type)).toEqual(['public', 'public']);
    for (const [index, pem] of [first, second].entries())
      expect(previousKeys[index]!.equals(createPublicKey(pem))).toBe(true);
  });

  test.each(
    Object.entries({ 'an RSA key among them': first + rsaPem(), words: 'words', 'half a key': first.slice(40) }),
  )('refuses the start with %s', (_what, value) => {
    const found = problemsOf({ JWT_PRIVATE_KEY, JWT_PRIVATE_KEY_PREVIOUS: value });
    expect(found).toEqual([expect.stringMatching(/^JWT_PRIVATE_KEY_PREVIOUS (holds|must|cannot)/)]);
  });

  test('alone is a mistake: nothing would sign', () => {
    const found = problemsOf({ JWT_PRIVATE_KEY_PREVIOUS: first, JWT_SECRET_KEY: 'j'.repeat(32) });
    expect(found).toEqual([expect.stringMatching(/^JWT_PRIVATE_KEY is missing/)]);
  });
});

test('a configuration that is logged by mistake shows no private key', () => {
  const config = parseConfig({ ...PRODUCTION, JWT_PRIVATE_KEY });
  const { d } = createPrivateKey(JWT_PRIVATE_KEY).export({ format: 'jwk' });
  expect(JSON.stringify(config)).not.toContain(d);
  expect(JSON.stringify(config)).not.toContain('BEGIN');
});
