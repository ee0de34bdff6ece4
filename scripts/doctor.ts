// `npm run doctor`: tries the configuration against the live services and says in a line each what to do.
import dotenv from 'dotenv';
import mongoose from 'mongoose';
import { ConfigError, parseConfig, type Config, type TwilioConfig } from '../src/config/config.ts';
import { machineClock } from '../src/clock.ts';
import { Mailer } from '../src/mail/mailer.ts';
import { codeMail } from '../src/mail/code-mail.ts';
import { AppError } from '../src/errors.ts';
import { databaseTime } from '../src/mongo/connection.ts';
import { parseAnyDestination } from '../src/otp/destination.ts';
import { createTwilioClient, TwilioVerifyProvider } from '../src/twilio/verify-provider.ts';
import { MAX_APART_MS, measureOffset } from '../src/timekeeper.ts';
import { translateError } from '../src/twilio/translate-error.ts';

const TIMEOUT_MS = 5_000;
/** Transactions over several documents, and what the pipelines use, are in every version from here on. */
const MIN_MONGODB = 5;
/** The server corrects its clock by the database's; one that is further off than this wants looking after. */
const MAX_SKEW_MS = 5_000;

type Finding = { readonly ok: boolean; readonly line: string };
const good = (line: string): Finding => ({ ok: true, line });
const bad = (line: string): Finding => ({ ok: false, line });

async function examine(): Promise<boolean> {
  const config = readConfig();
  if (!config) return false;
  const checks = [checkMongo(config), checkTwilio(config), checkMail(config), checkSend(config)];
  const findings = (await Promise.all(checks)).flat();
  for (const { ok, line } of findings) console.log(`${ok ? 'ok  ' : 'FIX '} ${line}`);
  for (const warning of config.warnings) console.log(`note ${warning}`);
  return findings.every(({ ok }) => ok);
}

/** Stands for the database that `npm start` brings along. */
const EMBEDDED = 'mongodb://embedded.invalid';

function readConfig(): Config | null {
  const embedded = process.env['NODE_ENV'] !== 'production' && !process.env['MONGODB_URI'];
  try {
    const config = parseConfig(embedded ? { ...process.env, MONGODB_URI: EMBEDDED } : process.env);
    console.log(`ok   configuration: valid for ${config.production ? 'production' : 'development'}`);
    return config;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    for (const problem of error.problems) console.log(`FIX  configuration: ${problem}`);
    return null;
  }
}

async function checkMongo({ mongodbUri }: Config): Promise<Finding[]> {
  if (mongodbUri === EMBEDDED) return [good('MongoDB: none is set, `npm start` brings its own')];
  const connection = mongoose.createConnection();
  try {
    await connection.openUri(mongodbUri, { serverSelectionTimeoutMS: TIMEOUT_MS, appName: 'otpql doctor' });
    const db = connection.db!;
    const { version } = (await db.admin().buildInfo()) as { version: string };
    const hello = (await db.command({ hello: 1 })) as { setName?: string; msg?: string };
    const offsetMs = await measureOffset({ machine: machineClock, database: () => databaseTime(connection) });
    const major = Number(version.split('.')[0]);
    return [
      major >= MIN_MONGODB
        ? good(`MongoDB: version ${version}`)
        : bad(`MongoDB: version ${version} is too old, use ${MIN_MONGODB}.0 or newer`),
      (hello.setName ?? hello.msg === 'isdbgrid')
        ? good('MongoDB: a replica set, so transactions work')
        : bad('MongoDB: no replica set, and transactions need one: start mongod with --replSet and run rs.initiate()'),
      clockFinding(Math.abs(offsetMs)),
    ];
  } catch (error) {
    return [
      bad(
        `MongoDB: cannot be reached (${error instanceof Error ? error.name : 'unknown'}): check MONGODB_URI and that the database runs`,
      ),
    ];
  } finally {
    await connection.close().catch(() => undefined);
  }
}

function clockFinding(apartMs: number): Finding {
  if (apartMs <= MAX_SKEW_MS) return good('clock: agrees with the database');
  const told = `clock: ${Math.round(apartMs / 1000)} s apart from the database's`;
  if (apartMs > MAX_APART_MS) return bad(`${told}: a server here is not ready (/readyz); set both by NTP`);
  return bad(`${told}: servers correct it, up to ${MAX_APART_MS / 1000} s; set both by NTP`);
}

async function checkTwilio({ otp }: Config): Promise<Finding[]> {
  if (otp.provider === 'local') return [good('Twilio: not used, codes are made by the local engine')];
  if (otp.provider === null) return [bad('Twilio: asked for, but its three variables are not all set')];
  const settings = otp.provider;
  const services = Object.values(settings.services);
  const distinct = services.filter(({ sid }, index) => services.findIndex((other) => other.sid === sid) === index);
  const findings = await Promise.all(distinct.map((service) => checkService(settings, service)));
  return findings.flat();
}

async function checkService(
  settings: TwilioConfig,
  { sid, variable }: { sid: string; variable: string },
): Promise<Finding[]> {
  const client = createTwilioClient({ ...settings, timeoutMs: TIMEOUT_MS });
  try {
    const service = await client.verify.v2.services(sid).fetch();
    const isForPayments = variable === 'TWILIO_VERIFY_SERVICE_SID_TRANSACTION';
    if (service.psd2Enabled !== (isForPayments && settings.psd2))
      return [bad(`Twilio: ${psd2Advice(service, variable)}`)];
    if (service.codeLength === 6) return [good(`Twilio: credentials and ${variable} are right`)];
    return [
      bad(`Twilio: the service of ${variable} makes codes of ${service.codeLength} digits; set its code length to 6`),
    ];
  } catch (error) {
    const { reason } = translateError(error, { verb: 'start', isEmail: false, serviceVariable: variable });
    return [bad(`Twilio: ${reason}`)];
  }
}

function psd2Advice({ psd2Enabled }: { psd2Enabled: boolean }, variable: string): string {
  if (!psd2Enabled) return `PSD2 is not on for the service of ${variable}: ask Twilio for it, or unset TWILIO_PSD2`;
  return `PSD2 is on for the service of ${variable}: use that service for TWILIO_VERIFY_SERVICE_SID_TRANSACTION, and set TWILIO_PSD2=true`;
}

async function checkMail({ mail }: Config): Promise<Finding[]> {
  if (!mail) return [];
  const mailer = new Mailer(mail.smtpUrl, mail.from);
  try {
    await mailer.verify();
    return [good('SMTP: the server answers and takes our credentials')];
  } catch (error) {
    return [bad(`SMTP: ${reasonOf(error)}`)];
  } finally {
    mailer.close();
  }
}

/** Sends one real message, only when asked to. */
async function checkSend(config: Config): Promise<Finding[]> {
  if (sendTo === null) return [];
  try {
    const to = parseAnyDestination(sendTo, '--send-to', config);
    const { provider } = config.otp;
    const isEmail = to.includes('@');
    if (provider !== 'local' && provider !== null) {
      const twilio = new TwilioVerifyProvider(provider, machineClock, () => undefined);
      const delivery = {
        to,
        channel: isEmail ? 'EMAIL' : 'SMS',
        purpose: 'VERIFICATION',
        codeId: 'doctor',
        locale: null,
      } as const;
      await twilio.start(delivery);
      return [good('send: Twilio accepted a verification message')];
    }
    if (!isEmail || !config.mail)
      return [bad('send: nothing sends to this destination: set the Twilio variables, or SMTP_URL for e-mail')];
    const mailer = new Mailer(config.mail.smtpUrl, config.mail.from);
    await mailer.send(codeMail(to, '000000', 'VERIFICATION')).finally(() => mailer.close());
    return [good('send: the mail server accepted a message (its code, 000000, is an example)')];
  } catch (error) {
    return [bad(`send: ${reasonOf(error)}`)];
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof AppError) return error.reason ?? error.message;
  return error instanceof Error ? error.name : 'unknown error';
}

function argument(name: string): string | null {
  const at = process.argv.indexOf(name);
  if (at < 0) return null;
  const value = process.argv[at + 1];
  if (value) return value;
  console.log(`FIX  ${name} needs a phone number or an e-mail address`);
  process.exit(1);
}

dotenv.config({ quiet: true });
const sendTo = argument('--send-to');
process.exitCode = (await examine()) ? 0 : 1;
