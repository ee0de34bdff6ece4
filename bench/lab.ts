import mongoose, { type mongo } from 'mongoose';
import { createEmulator, type Emulator } from '../emulator/server.ts';
import { ensureBuild } from '../scripts/build.mjs';
import { root } from '../scripts/project.mjs';
import { startBuilt } from './target/built-server.ts';
import { codeFrom } from './target/inbox.ts';
import { openWorkbench } from './target/workbench.ts';

/** The built server in a process of its own, on a mongod and data of its own, all on 127.0.0.1. */
export interface Lab {
  readonly url: string;
  readonly db: mongo.Db;
  /** Null with the local engine. */
  readonly emulator: Emulator | null;
  /** The newest code that arrived at a destination. */
  codeFor(to: string): Promise<string>;
  stop(): Promise<void>;
}

/**
 * Starts everything. Nothing of it outlives this process, and `stop` leaves no file behind.
 * @param options.twilio codes by the Twilio emulator in place of the local engine
 * @throws Error when the server does not come up
 */
export async function startLab(options: { twilio: boolean }): Promise<Lab> {
  await ensureBuild();
  const workbench = await openWorkbench();
  const { stop } = workbench;
  try {
    const emulator = options.twilio ? createEmulator(EMULATED) : null;
    if (emulator) workbench.onEnd(() => emulator.close());
    const provider = emulator ? await emulated(emulator) : { OTP_PROVIDER: 'local' };
    const mongodbUri = workbench.uri('otpql');
    const settings = { LOG_LEVEL: 'error', PASSWORD_RESET_METHODS: 'otp,email_link', ...provider };
    const { url } = await startBuilt(workbench, { name: 'otpql', root, mongodbUri, settings });
    const connection = await mongoose.createConnection(mongodbUri).asPromise();
    workbench.onEnd(() => connection.close());
    const codeFor = (to: string) => (emulator ? newest(emulator, to) : codeFrom(url, to));
    return { url, db: connection.db!, emulator, codeFor, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** An account that exists here only. */
const EMULATED = {
  accountSid: `AC${'1'.repeat(32)}`,
  authToken: 'emulated-auth-token',
  services: ['1', '2', '3'].map((digit) => ({ sid: `VA${digit.repeat(32)}` })),
};

async function emulated(emulator: Emulator): Promise<Record<string, string>> {
  const [first, account, transaction] = EMULATED.services.map(({ sid }) => sid) as [string, string, string];
  return {
    OTP_PROVIDER: 'twilio',
    TWILIO_API_BASE_URL: await emulator.listen(),
    TWILIO_ACCOUNT_SID: EMULATED.accountSid,
    TWILIO_AUTH_TOKEN: EMULATED.authToken,
    TWILIO_VERIFY_SERVICE_SID: first,
    TWILIO_VERIFY_SERVICE_SID_ACCOUNT: account,
    TWILIO_VERIFY_SERVICE_SID_TRANSACTION: transaction,
  };
}

async function newest(emulator: Emulator, to: string): Promise<string> {
  const [message] = emulator.control.messages(to);
  if (!message) throw new Error('no code has arrived');
  return message.code;
}
