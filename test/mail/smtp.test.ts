import { createServer, type AddressInfo, type Server as TcpServer, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { SMTPServer } from 'smtp-server';
import { parseConfig, ConfigError } from '../../src/config/config.ts';
import { OtpPolicyDocument, SendOtpDocument, VerifyOtpDocument } from '../../web/generated/operations.ts';
import { freshEmail, freshPhone } from '../support/codes.ts';
import { startServer, type TestServer } from '../support/server.ts';

interface Received {
  readonly from: string;
  readonly to: readonly string[];
  readonly raw: string;
}

/** What the mail server does next with a recipient: an SMTP status, or take the mail. */
let refuseRecipientsWith: number | null = null;
const received: Received[] = [];
let smtp: SMTPServer;
let smtpPort: number;
let server: TestServer;

beforeAll(async () => {
  smtp = new SMTPServer({
    hideSTARTTLS: true,
    authOptional: true,
    allowInsecureAuth: true,
    closeTimeout: 100,
    onAuth: ({ username, password }, _session, done) =>
      username === 'otpql' && password === 'the-mail-password'
        ? done(null, { user: username })
        : done(new Error(`Invalid login ${username}`)),
    onRcptTo: ({ address }, _session, done) => {
      const status = refuseRecipientsWith;
      refuseRecipientsWith = null;
      done(status === null ? null : Object.assign(new Error(`${address} not now`), { responseCode: status }));
    },
    onData: (stream, { envelope }, done) => {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        const from = envelope.mailFrom === false ? '' : envelope.mailFrom.address;
        received.push({
          from,
          to: envelope.rcptTo.map(({ address }) => address),
          raw: Buffer.concat(chunks).toString(),
        });
        done();
      });
    },
  });
  await new Promise<void>((resolve) => smtp.listen(0, '127.0.0.1', resolve));
  smtpPort = (smtp.server.address() as AddressInfo).port;
  server = await startServer(mail(`smtp://otpql:the-mail-password@127.0.0.1:${smtpPort}`));
});
const opened: TestServer[] = [];
afterEach(() => Promise.all(opened.splice(0).map((own) => own.close())));
afterAll(async () => {
  await server.close();
  await new Promise<void>((resolve) => smtp.close(() => resolve()));
});

function mail(url: string): Record<string, string> {
  return { SMTP_URL: url, MAIL_FROM: 'otpql <no-reply@example.org>', LOG_LEVEL: 'trace', RATE_LIMIT_SCALE: '1000' };
}

async function open(environment: Record<string, string>): Promise<TestServer> {
  const own = await startServer(environment);
  opened.push(own);
  return own;
}

const send = (to: string, on = server) => on.run(SendOtpDocument, { input: { to, channel: 'EMAIL' } });
const mailsTo = (to: string) => received.filter((one) => one.to.includes(to));
/** The parts of a multipart message, decoded, by their type. */
function partsOf({ raw }: Received): Record<string, string> {
  const boundary = /boundary="([^"]+)"/.exec(raw)![1]!;
  const parts = raw.split(`--${boundary}`).slice(1, -1);
  return Object.fromEntries(
    parts.map((part) => {
      const type = /Content-Type: ([\w/]+)/i.exec(part)![1]!;
      const body = part.slice(part.indexOf('\r\n\r\n') + 4);
      return [
        type,
        body
          .replace(/=\r\n/g, '')
          .replace(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16))),
      ];
    }),
  );
}
const header = ({ raw }: Received, name: string) => new RegExp(`^${name}: (.*)$`, 'mi').exec(raw)?.[1]?.trim();
const codeIn = (one: Received) => /\b\d{6}\b/.exec(partsOf(one)['text/plain']!)![0];

test('a code arrives by mail as text and as HTML, not in the subject, and is accepted', async () => {
  const to = freshEmail();
  expect((await send(to)).errors).toEqual([]);
  const [one, ...others] = mailsTo(to);
  expect(others).toEqual([]);
  const code = codeIn(one!);
  expect(partsOf(one!)['text/html']).toContain(code);
  expect(header(one!, 'Subject')).toBe('Your verification code');
  expect(header(one!, 'From')).toBe('otpql <no-reply@example.org>');
  expect(header(one!, 'To')).toBe(to);
  expect(one!.from).toBe('no-reply@example.org');
  expect(header(one!, 'Auto-Submitted')).toBe('auto-generated');
  expect(one!.raw.slice(0, one!.raw.indexOf('\r\n\r\n'))).not.toContain(code);

  expect(await server.inbox(to)).toEqual([]);
  expect((await server.run(VerifyOtpDocument, { input: { to, code } })).data?.verifyOtp.valid).toBe(true);
  for (const secret of [to, code, 'the-mail-password']) expect(server.log()).not.toContain(secret);
});

test('phones still go to the inbox', async () => {
  const to = freshPhone();
  expect((await server.run(SendOtpDocument, { input: { to } })).errors).toEqual([]);
  expect(await server.inbox(to)).toHaveLength(1);
});

test('a resend after the cool-down is the same code in a second mail', async () => {
  const to = freshEmail();
  await send(to);
  server.clock.advance(31_000);
  await send(to);
  const codes = mailsTo(to).map(codeIn);
  expect(codes).toHaveLength(2);
  expect(codes[1]).toBe(codes[0]);
});

describe('a mail server that does not take the mail', () => {
  test.each([
    [550, 'PROVIDER_ERROR'],
    [553, 'PROVIDER_ERROR'],
    [451, 'SERVICE_UNAVAILABLE'],
    [452, 'SERVICE_UNAVAILABLE'],
  ])('with %i is %s, and the next try at once arrives', async (status, code) => {
    const to = freshEmail();
    refuseRecipientsWith = status;
    const refused = await send(to);
    expect(refused.code).toBe(code);
    expect(refused.errors[0]!.extensions.retryAfterSeconds !== undefined).toBe(code === 'SERVICE_UNAVAILABLE');
    expect(server.log()).toContain(`${status})`);
    expect(server.log()).not.toContain(to);
    expect((await send(to)).errors).toEqual([]);
    expect(mailsTo(to)).toHaveLength(1);
  });

  test('for a wrong password is PROVIDER_ERROR, and the log names SMTP_URL and not the password', async () => {
    const own = await open(mail(`smtp://otpql:a-wrong-password@127.0.0.1:${smtpPort}`));
    const to = freshEmail();
    expect((await send(to, own)).code).toBe('PROVIDER_ERROR');
    expect((await send(to, own)).code).toBe('PROVIDER_ERROR');
    expect(own.log()).toContain('check the user and password in SMTP_URL');
    for (const secret of [to, 'a-wrong-password', Buffer.from('a-wrong-password').toString('base64')])
      expect(own.log()).not.toContain(secret);
  });
});

describe('a mail server that cannot be reached', () => {
  const sockets = new Set<Socket>();
  let silent: TcpServer;
  const listen = (port: number) =>
    new Promise<number>((resolve) => {
      silent = createServer((socket) => void sockets.add(socket.on('error', () => undefined)));
      silent.listen(port, '127.0.0.1', () => resolve((silent.address() as AddressInfo).port));
    });
  const shut = () =>
    new Promise<void>((resolve) => {
      silent.close(() => resolve());
      for (const socket of sockets) socket.destroy();
    });

  test('because its port is closed is SERVICE_UNAVAILABLE, every time', async () => {
    const port = await listen(0);
    await shut();
    const own = await open(mail(`smtp://127.0.0.1:${port}`));
    const to = freshEmail();
    for (let tries = 0; tries < 2; tries++) {
      const refused = await send(to, own);
      expect(refused.errors[0]!.extensions).toMatchObject({ code: 'SERVICE_UNAVAILABLE', retryAfterSeconds: 5 });
    }
    expect(own.log()).toContain('the mail server of SMTP_URL cannot take mail now');
    expect(own.log()).not.toContain(to);
  });

  test('because it says nothing is SERVICE_UNAVAILABLE within 9 seconds', async () => {
    const own = await open(mail(`smtp://127.0.0.1:${await listen(0)}`));
    const before = performance.now();
    expect((await send(freshEmail(), own)).code).toBe('SERVICE_UNAVAILABLE');
    expect(performance.now() - before).toBeLessThan(9_000);
    await shut();
  });
});

describe('in production', () => {
  const secrets = { OTP_SECRET: 'o'.repeat(40), JWT_SECRET_KEY: 'j'.repeat(40), MONGODB_URI: 'mongodb://127.0.0.1/x' };
  const problems = (environment: Record<string, string>) => {
    try {
      parseConfig({ NODE_ENV: 'production', OTP_PROVIDER: 'local', ...secrets, ...environment });
    } catch (error) {
      if (error instanceof ConfigError) return error.problems;
      throw error;
    }
    return [];
  };

  test('the local provider needs SMTP_URL and MAIL_FROM', () => {
    expect(problems({})).toEqual([expect.stringMatching(/^SMTP_URL is missing/)]);
    expect(problems({ SMTP_URL: 'smtp://127.0.0.1' })).toEqual([expect.stringMatching(/^MAIL_FROM is missing/)]);
    expect(problems({ ...mail('smtp://127.0.0.1'), OTP_CHANNELS: 'EMAIL,SMS' })).toEqual([
      expect.stringMatching(/^OTP_CHANNELS must be EMAIL/),
    ]);
    expect(problems(mail('smtp://127.0.0.1'))).toEqual([]);
  });

  test('it sends by e-mail only, and has no inbox', async () => {
    const own = await open({
      NODE_ENV: 'production',
      OTP_PROVIDER: 'local',
      ...mail(`smtp://127.0.0.1:${smtpPort}`),
    });
    const policy = await own.run(OtpPolicyDocument, {});
    expect(policy.data?.otpPolicy.channels).toEqual(['EMAIL']);
    for (const channel of ['SMS', 'WHATSAPP', 'VOICE'] as const)
      expect((await own.run(SendOtpDocument, { input: { to: '+12025550123', channel } })).code).toBe(
        'CHANNEL_UNAVAILABLE',
      );
    const to = freshEmail();
    expect((await send(to, own)).errors).toEqual([]);
    expect(mailsTo(to)).toHaveLength(1);
    expect((await fetch(`${own.url}/dev/inbox.json`)).status).toBe(404);
  });
});
