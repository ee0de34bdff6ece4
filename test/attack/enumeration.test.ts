// Invariant 8 (DESIGN section 4): PASSWORD_RESET answers the same for known and unknown destinations, on send, on check
// and on the action, also for a known number with somebody else's e-mail address: same body, status, headers and limits,
// and as many database commands. A decoy stands for the unknown ones, and no code approves it. Seen in: CVE-2026-26185
// (reset reveals users), and oracles of 429 against 200. The clock stands still, so that even the instants must be equal.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Keyring } from '../../src/keyring.ts';
import { codeOf as oneTimeCode } from '../../src/otp/one-time-code.ts';
import {
  ResetPasswordWithOtpDocument,
  SendOtpDocument,
  VerifyOtpDocument,
  type OtpChannel,
} from '../../web/generated/operations.ts';
import { freshPhone, registerUser } from '../support/codes.ts';
import { countCommands, type CommandCounter } from '../support/command-counter.ts';
import { from, startServer, type Answer, type TestServer } from '../support/server.ts';
import { freshIp } from './volley.ts';

const MINUTE = 60_000;
const purpose = 'PASSWORD_RESET' as const;

let server: TestServer;
let commands: CommandCounter;
let keyring: Keyring;
/** What an attacker may ask about: each with the e-mail address to name in the action. */
interface Target {
  readonly name: string;
  readonly to: string;
  readonly channel: OtpChannel;
  /** The `email` of sendOtp. */
  readonly sendEmail?: string;
  /** The `email` and `phone` of resetPasswordWithOtp. */
  readonly action: { email: string; phone?: string };
}
const targets: Target[] = [];
const NAMES = [
  'an unknown phone',
  'a known phone',
  "a known phone with its owner's e-mail",
  "a known phone with somebody else's e-mail",
  'a known phone with an unknown e-mail',
  'an unknown phone with a known e-mail',
  'an unknown e-mail',
  'a verified e-mail',
  'an unverified e-mail',
];

let number = 0;
/** E-mail addresses of one length, so that answers that echo them are equally long. */
const email = () => `reset-${String((number += 1)).padStart(4, '0')}@example.com`;

beforeAll(async () => {
  const OTP_SECRET = 'a secret that this test knows, so that it can compute codes';
  keyring = new Keyring(OTP_SECRET);
  server = await startServer({ OTP_SECRET });
  commands = countCommands(server);
  const known = async (verifiedEmail: boolean) => {
    server.clock.advance(2 * 60 * MINUTE);
    return registerUser(server, { email: email(), verifiedEmail });
  };
  const sms = (name: string, to: string, inAction: string, sendEmail?: string): Target => ({
    name,
    to,
    channel: 'SMS',
    ...(sendEmail !== undefined && { sendEmail }),
    action: { email: inAction, phone: to },
  });
  const mail = (name: string, to: string): Target => ({ name, to, channel: 'EMAIL', action: { email: to } });
  const users = [];
  for (let index = 0; index < 7; index += 1) users.push(await known(index === 6));
  const [a, b, c, d, e, f, verified] = users as [User, User, User, User, User, User, User];
  targets.push(
    sms(NAMES[0]!, freshPhone(), email()),
    sms(NAMES[1]!, a.phone, a.email),
    sms(NAMES[2]!, b.phone, b.email, b.email),
    sms(NAMES[3]!, c.phone, d.email, d.email),
    ...[email()].map((other) => sms(NAMES[4]!, d.phone, other, other)),
    sms(NAMES[5]!, freshPhone(), e.email, e.email),
    mail(NAMES[6]!, email()),
    mail(NAMES[7]!, verified.email),
    mail(NAMES[8]!, f.email),
  );
  server.clock.advance(2 * 60 * MINUTE);
  await commands.quiet();
});
type User = Awaited<ReturnType<typeof registerUser>>;
afterAll(async () => {
  commands.close();
  await server.close();
});

const targetsOf = (channel: OtpChannel) => targets.filter((target) => target.channel === channel);
const send = ({ to, channel, sendEmail }: Target, ip: string) =>
  server.run(
    SendOtpDocument,
    { input: { to, channel, purpose, ...(sendEmail !== undefined && { email: sendEmail }) } },
    from(ip),
  );
const verify = ({ to }: Target, code: string, ip: string) =>
  server.run(VerifyOtpDocument, { input: { to, code, purpose } }, from(ip));
const reset = ({ action }: Target, otpCode: string, ip: string) =>
  server.run(ResetPasswordWithOtpDocument, { input: { ...action, newPassword: 'newpassword123', otpCode } }, from(ip));

/** Everything that an attacker sees of an answer, without what is random by design and what they sent themselves. */
function visible(answer: Answer<unknown>, target: Target): unknown {
  const random = new Set(['date', 'x-request-id']);
  const headers = [...answer.headers].filter(([name]) => !random.has(name)).sort();
  const text = JSON.stringify({ data: answer.data, errors: answer.errors })
    .replaceAll(target.to, 'TO')
    .replace(/"challengeId":"[\w-]{22}"/g, '"challengeId":"ID"')
    .replace(/"requestId":"[\w-]{36}"/g, '"requestId":"ID"');
  return { status: answer.status, headers, body: JSON.parse(text) as unknown };
}

/** Wrong codes: a target's real one is among them in six runs of a million. */
const GUESSES = ['000001', '111111', '222222', '333333', '444444', '555555'];

/** The whole course of an attack on one target: what was seen, and how many database commands each step cost. */
async function course(target: Target): Promise<{ step: string; seen: unknown; cost: number }[]> {
  const [mine, second] = [freshIp(), freshIp()];
  const steps: [string, () => Promise<Answer<unknown>>][] = [
    ['send', () => send(target, mine)],
    ['send again at once', () => send(target, mine)],
    ['send from elsewhere', () => send(target, second)],
    ...GUESSES.slice(0, 2).map((code): (typeof steps)[number] => [`check ${code}`, () => verify(target, code, mine)]),
    ...GUESSES.slice(2, 4).map((code): (typeof steps)[number] => [`act ${code}`, () => reset(target, code, mine)]),
    ['check when exhausted', () => verify(target, GUESSES[4]!, mine)],
    ['check from elsewhere', () => verify(target, GUESSES[5]!, second)],
    ['act from elsewhere', () => reset(target, GUESSES[4]!, second)],
    ['check a challenge without attempts', () => verify(target, GUESSES[4]!, second)],
    ['send after exhaustion', () => send(target, mine)],
    ['send a fourth time', () => send(target, mine)],
    ['send a fifth time', () => send(target, mine)],
    ['send a sixth time', () => send(target, mine)],
  ];
  const results = [];
  for (const [step, act] of steps) {
    commands.take();
    const answer = await act();
    await settled(step);
    results.push({ step, seen: visible(answer, target), cost: commands.take().length });
  }
  return results;
}

/** Deliveries run off the request path: looks at the store until none is under way. */
async function settled(step: string): Promise<void> {
  if (!step.startsWith('send')) return;
  const underWay = { 'slots.PASSWORD_RESET.challenge.deliveringSince': { $type: 'number' } };
  for (let look = 0; look < 1_000; look += 1)
    if ((await server.db.collection('challenges').countDocuments(underWay)) === 0) return;
  throw new Error('a delivery was never settled');
}

test.each(['SMS', 'EMAIL'] as const)(
  'an attack over %s sees the same and costs the database the same for every kind of destination',
  async (channel) => {
    const [unknown, ...others] = targetsOf(channel);
    const reference = await course(unknown!);
    expect(reference.filter(({ step }) => step.startsWith('send')).map(codeOf)).toEqual([
      null,
      null,
      'RESEND_TOO_SOON',
      null,
      null,
      null,
      'RATE_LIMITED',
    ]);
    expect(others).toHaveLength(channel === 'SMS' ? 5 : 2);
    for (const target of others) expect([target.name, await course(target)]).toEqual([target.name, reference]);
  },
);

function codeOf({ seen }: { seen: unknown }): string | null {
  const { body } = seen as { body: { errors: { extensions: { code: string } }[] } };
  return body.errors[0]?.extensions.code ?? null;
}

test.each(NAMES)('only the owner is sent a message: %s', async (name) => {
  const target = targets.find((other) => other.name === name)!;
  server.clock.advance(25 * 60 * MINUTE);
  const before = (await server.inbox(target.to)).length;
  expect((await send(target, freshIp())).code).toBeNull();
  await settled('send');
  const owners = ['a known phone', "a known phone with its owner's e-mail", 'a verified e-mail'];
  expect((await server.inbox(target.to)).length - before).toBe(owners.includes(name) ? 1 : 0);
});

test('no code approves a decoy, not even the one that its challenge id would have given a real challenge', async () => {
  server.clock.advance(25 * 60 * MINUTE);
  const codeOf = (answer: Awaited<ReturnType<typeof send>>) => oneTimeCode(keyring, answer.data!.sendOtp.challengeId);
  const [unknown, known] = [targets[0]!, targets[1]!];
  const ip = freshIp();
  expect((await verify(known, codeOf(await send(known, ip)), ip)).data?.verifyOtp.valid).toBe(true);
  const decoyCode = codeOf(await send(unknown, ip));
  expect((await verify(unknown, decoyCode, ip)).data?.verifyOtp.valid).toBe(false);
  expect((await reset(unknown, decoyCode, ip)).code).toBe('OTP_INVALID');
});
