import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import dotenv from 'dotenv';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigError, parseConfig } from '../../src/config/config.ts';
import { ENVIRONMENT } from '../../src/config/environment.ts';
import { blocks, page, section } from './blocks.ts';

describe('the tables of docs/configuration.md', () => {
  const [tables = ''] = page('docs/configuration.md').split('<!-- tables: end -->');
  const rows = [...tables.matchAll(/^\| `(\w+)` +\| (.*?) +\| (.*?) +\|$/gm)];
  const described = new Map(rows.map(([, name = '', fallback = '', about = '']) => [name, { fallback, about }]));

  test('have exactly the variables that the server reads, in its order', () => {
    expect([...described.keys()]).toEqual(Object.keys(ENVIRONMENT.shape));
  });

  test('tell the values that a variable may have, in the words in which the server refuses others', () => {
    expect(described.get('OTP_TTL_SECONDS')!.about).toMatch(/ in seconds\. Must be a whole number from 1 to 600\.$/);
    expect(described.get('OTP_CHANNELS')!.about).toMatch(/ Must be some of SMS, EMAIL, WHATSAPP, VOICE, separated /);
  });

  test('tell the defaults that differ in production', () => {
    const secrets = { OTP_SECRET: 'o'.repeat(32), JWT_SECRET_KEY: 'j'.repeat(32) };
    const twilio = {
      TWILIO_ACCOUNT_SID: `AC${'0'.repeat(32)}`,
      TWILIO_AUTH_TOKEN: 'token',
      TWILIO_VERIFY_SERVICE_SID: `VA${'0'.repeat(32)}`,
    };
    const base = { MONGODB_URI: 'mongodb://localhost/otpql', ...secrets, ...twilio };
    const [development, production] = ['test', 'production'].map((NODE_ENV) => parseConfig({ ...base, NODE_ENV }));
    const both = (name: 'host' | 'phoneStrict' | 'introspection') =>
      `\`${String(development![name])}\`; in production \`${String(production![name])}\``;
    expect(described.get('HOST')!.fallback).toBe(both('host'));
    expect(described.get('PHONE_STRICT')!.fallback).toBe(both('phoneStrict'));
    expect(described.get('GRAPHQL_INTROSPECTION')!.fallback).toBe(both('introspection'));
  });

  test('say of exactly those that production needs them which it refuses to start without', () => {
    const needed = [...described].filter(([, { fallback }]) => fallback.includes('production needs it'));
    expect(needed.map(([name]) => name).sort()).toEqual(problemsOf({ NODE_ENV: 'production' }));
  });
});

describe('docs/production.md', () => {
  const text = section(page('docs/production.md'), 'Settings');
  let folder: string;
  let written: Record<string, string>;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'otpql-production-doc-'));
    const [block] = blocks(text).filter(({ language }) => language === 'bash');
    execFileSync('bash', ['-euo', 'pipefail', '-c', block!.text], { cwd: folder });
    written = dotenv.parse(readFileSync(join(folder, '.env')));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** The file with what the operator has to fill in. */
  const filled = () => ({
    ...written,
    TWILIO_ACCOUNT_SID: `AC${'0'.repeat(32)}`,
    TWILIO_AUTH_TOKEN: 'token',
    ...Object.fromEntries(
      Object.keys(written)
        .filter((name) => name.startsWith('TWILIO_VERIFY_'))
        .map((name, index) => [name, `VA${String(index).repeat(32)}`]),
    ),
  });
  const without = (environment: Record<string, string>, name: string) =>
    Object.fromEntries(Object.entries(environment).filter(([other]) => other !== name));

  test('makes a file that lets the server start without a warning, once it is filled in', () => {
    expect(problemsOf(written)).toEqual(
      Object.keys(written)
        .filter((name) => name.startsWith('TWILIO_'))
        .sort(),
    );
    expect(parseConfig(filled())).toMatchObject({ production: true, warnings: [] });
  });

  test('tells what the server refuses to start without', () => {
    const refused = Object.keys(filled()).filter((name) => problemsOf(without(filled(), name)).length > 0);
    const ofTwilio = ['TWILIO_ACCOUNT_SID', 'TWILIO_AUTH_TOKEN', 'TWILIO_VERIFY_SERVICE_SID'];
    expect(refused).toEqual(['MONGODB_URI', 'OTP_SECRET', 'JWT_SECRET_KEY', ...ofTwilio, 'MAIL_FROM']);
    const [, told] = /refuses to start without (.*?)\. The other/s.exec(text)!;
    for (const name of refused) if (!ofTwilio.includes(name)) expect(told).toContain(`\`${name}\``);
  });

  test('has an e-mail alone that starts, and needs its mail server', () => {
    const lines = Object.entries(filled()).filter(([name]) => !name.startsWith('TWILIO_'));
    const local = { ...Object.fromEntries(lines), OTP_PROVIDER: 'local' };
    expect(parseConfig(local)).toMatchObject({ otp: { provider: 'local', channels: ['EMAIL'] }, warnings: [] });
    expect(problemsOf(without(local, 'SMTP_URL'))).toEqual(['SMTP_URL']);
  });
});

/** The variables that a refusal names. */
function problemsOf(environment: Record<string, string>): string[] {
  try {
    parseConfig(environment);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.problems.map((problem) => problem.split(' ')[0]!).sort();
  }
}
