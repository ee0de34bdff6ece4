import { invalidParameter, TwilioError } from './errors.ts';

/** The channels otpql uses; Twilio's `auto`, `sna` and `rcs` are refused like an account that lacks them. */
export const CHANNELS = ['sms', 'call', 'email', 'whatsapp'] as const;

export type Channel = (typeof CHANNELS)[number];

/** A form-encoded request body: parameter name -> value. */
export type Form = Readonly<Record<string, string | undefined>>;

/** The payment a PSD2 code is bound to, as far as the request named it. */
export interface Transaction {
  amount: string | null;
  payee: string | null;
}

/** What a valid start request asks for. */
export interface StartRequest extends Transaction {
  to: string;
  channel: Channel;
  locale: string | null;
  tags: Record<string, string> | null;
}

/** What a valid check request asks for: one of `to` and `verificationSid` is set. */
export interface CheckRequest extends Transaction {
  code: string;
  to: string | null;
  verificationSid: string | null;
}

/** Reads the parameters of a start, or throws the 60200 Twilio answers with. */
export function parseStart(form: Form): StartRequest {
  const channel = parseChannel(required(form, 'Channel'));
  const to = required(form, 'To');
  if (channel === 'email' ? !isEmailAddress(to) : !isE164(to)) throw invalidParameter('To', to);
  if (form.TemplateSid && !/^HJ[0-9a-fA-F]{32}$/.test(form.TemplateSid)) {
    throw invalidParameter('TemplateSid', form.TemplateSid);
  }
  return { to, channel, locale: form.Locale || null, ...parseTransaction(form), tags: parseTags(form.Tags) };
}

/** Reads the parameters of a check, or throws 60200 or 60221. */
export function parseCheck(form: Form): CheckRequest {
  const code = required(form, 'Code');
  // The error dictionary lists this cause of 60200: "Code parameter is not between 4-10 numbers long".
  if (code.length < 4 || code.length > 10) throw invalidParameter('Code', code);
  if (!form.To && !form.VerificationSid) throw new TwilioError(60221);
  return { code, to: form.To || null, verificationSid: form.VerificationSid || null, ...parseTransaction(form) };
}

/** Reads the only statuses an update may set. */
export function parseStatus(form: Form): 'canceled' | 'approved' {
  const status = required(form, 'Status');
  if (status !== 'canceled' && status !== 'approved') throw invalidParameter('Status', status);
  return status;
}

/** With PSD2 a code stands for one payment: both halves have to be named, on start and on check. */
export function requireTransaction({ amount, payee }: Transaction): void {
  if (!amount || !payee) throw new TwilioError(60206);
}

function required(form: Form, name: string): string {
  const value = form[name];
  if (!value) throw new TwilioError(60200, { message: `Missing required parameter ${name} in the post body` });
  return value;
}

function parseChannel(value: string): Channel {
  const channel = CHANNELS.find((known) => known === value);
  if (!channel) throw invalidParameter('Channel', value);
  return channel;
}

function parseTransaction(form: Form): Transaction {
  return { amount: form.Amount || null, payee: form.Payee || null };
}

/** Tags: a JSON map of at most 10 pairs, keys and values up to 128 characters. */
function parseTags(json: string | undefined): Record<string, string> | null {
  if (!json) return null;
  const tags = parseObject(json);
  if (!tags) throw invalidParameter('Tags', json);
  const pairs = Object.entries(tags);
  const fits = ([key, value]: [string, unknown]) =>
    key.length <= 128 && typeof value === 'string' && value.length <= 128;
  if (pairs.length > 10 || !pairs.every(fits)) throw invalidParameter('Tags', json);
  return Object.fromEntries(pairs.map(([key, value]) => [key, String(value)]));
}

function parseObject(json: string): object | null {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : null;
  } catch {
    return null;
  }
}

function isE164(to: string): boolean {
  return /^\+[1-9]\d{6,14}$/.test(to);
}

function isEmailAddress(to: string): boolean {
  return to.length <= 254 && /^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(to);
}
