import { createEmulator, type Emulator } from '../../../emulator/server.ts';
import { ownMongod, type OwnMongod } from '../mongod.ts';
import { endProgram, startBuilt, until, type ServerProcess } from '../process.ts';
import { ACCOUNT_SID, AUTH_TOKEN, SERVICES } from '../twilio-server.ts';

/** What is killed: a server process, or the database under both. */
export type Victim = 'server 0' | 'server 1' | 'mongod';

/** Of every server here: what codes and tokens are made from. */
export const OTP_SECRET = 'the otp secret of the process histories, long enough';
const SETTINGS = {
  OTP_SECRET,
  JWT_SECRET_KEY: 'the jwt secret of the process histories, long enough',
  // Both servers take each other's tokens, whatever port they listen on.
  JWT_ISSUER: 'http://otpql.test',
  TRUST_PROXY: '1',
  RATE_LIMIT_SCALE: '1000',
  OTP_RESEND_COOLDOWN_SECONDS: '2',
  LOG_LEVEL: 'error',
};

/** Two server processes over one mongod of their own, each of which may be killed at any moment. */
export interface Cluster {
  readonly mongoUri: string;
  readonly urls: readonly [string, string];
  /** Twilio, where the codes are Twilio's; it outlives every kill. */
  readonly emulator: Emulator | null;
  /** How often a server was killed: with it go the messages of its inbox. */
  readonly serverKills: () => number;
  /** Ends it as a power cut would, and starts it again on the same port and data; resolves when it answers. */
  kill(victim: Victim): Promise<void>;
  /** Waits until both servers are ready. */
  ready(): Promise<void>;
  /** What the servers logged of mistakes, those that were killed included. */
  errorLog(): string[];
  close(): Promise<void>;
}

export async function startCluster(provider: 'local' | 'twilio'): Promise<Cluster> {
  const mongod = await ownMongod();
  const emulator = provider === 'twilio' ? emulated() : null;
  const environment = {
    ...SETTINGS,
    MONGODB_URI: mongod.uri,
    ...(emulator && { OTP_PROVIDER: 'twilio', ...(await twilioSettings(emulator)) }),
  };
  const servers = [await startBuilt(environment), await startBuilt(environment)] as const;
  const running: ServerProcess[] = [...servers];
  const dead: ServerProcess[] = [];
  const urls = [servers[0].url, servers[1].url] as const;
  const killServer = async (index: 0 | 1) => {
    dead.push(running[index]!);
    await endProgram(running[index]);
    running[index] = await startBuilt({ ...environment, PORT: String(servers[index].port) });
  };
  return {
    mongoUri: mongod.uri,
    urls,
    emulator,
    serverKills: () => dead.length,
    kill: (victim) => (victim === 'mongod' ? restart(mongod) : killServer(victim === 'server 0' ? 0 : 1)),
    ready: async () => {
      for (const url of urls) await until(async () => (await fetch(`${url}/readyz`)).ok);
    },
    errorLog: () => [...dead, ...running].flatMap(errorsOf),
    close: async () => {
      await Promise.all(running.map(endProgram));
      await Promise.all([mongod.dispose(), emulator?.close()]);
    },
  };
}

async function restart(mongod: OwnMongod): Promise<void> {
  await mongod.kill();
  await mongod.start();
}

/** Lines of the log, which begin with a brace, and whatever Node itself had to say. */
function errorsOf({ stdout, stderr }: ServerProcess): string[] {
  return [
    ...stdout()
      .split('\n')
      .filter((line) => line.startsWith('{')),
    ...(stderr() === '' ? [] : [stderr()]),
  ];
}

function emulated(): Emulator {
  const services = Object.values(SERVICES).map((sid) => ({ sid }));
  return createEmulator({ accountSid: ACCOUNT_SID, authToken: AUTH_TOKEN, services });
}

async function twilioSettings(emulator: Emulator): Promise<Record<string, string>> {
  return {
    TWILIO_API_BASE_URL: await emulator.listen(),
    TWILIO_ACCOUNT_SID: ACCOUNT_SID,
    TWILIO_AUTH_TOKEN: AUTH_TOKEN,
    ...SERVICES,
  };
}
