import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test } from '@jest/globals';
import { DEVELOPMENT, readConfig } from '../../emulator/config.ts';

const MAIN = fileURLToPath(new URL('../../emulator/main.ts', import.meta.url));
const running: ChildProcess[] = [];

afterEach(() => {
  for (const child of running.splice(0)) child.kill('SIGKILL');
});

/** The program as `npm run twilio:emulator` starts it, with nothing else of Twilio in its environment. */
function startMain(env: Record<string, string>) {
  const child = spawn(process.execPath, ['--import', 'tsx', MAIN], {
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env },
  });
  running.push(child);
  const output = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk) => (output.stdout += chunk));
  child.stderr.on('data', (chunk) => (output.stderr += chunk));
  const isReady = new Promise<void>((resolve) => {
    child.stdout.on('data', () => {
      if (output.stdout.includes('_TRANSACTION=')) resolve();
    });
  });
  return { child, output, isReady, exit: once(child, 'exit') };
}

describe('npm run twilio:emulator', () => {
  test.each(['SIGTERM', 'SIGINT'] as const)('prints what to paste, serves, and ends with 0 on %s', async (signal) => {
    const main = startMain({ TWILIO_EMULATOR_PORT: '0' });
    await main.isReady;
    const { stdout } = main.output;
    const baseUrl = /TWILIO_API_BASE_URL=(http:\/\/127\.0\.0\.1:\d+)\n/.exec(stdout)?.[1] ?? 'none';
    expect(stdout).toContain(`OTP_PROVIDER=twilio\nTWILIO_API_BASE_URL=${baseUrl}\n`);
    expect(stdout).toContain(`TWILIO_ACCOUNT_SID=${DEVELOPMENT.accountSid}\n`);
    expect(stdout).toContain(`TWILIO_AUTH_TOKEN=${DEVELOPMENT.authToken}\n`);
    expect(stdout).toContain(
      `TWILIO_VERIFY_SERVICE_SID_ACCOUNT=${DEVELOPMENT.services.TWILIO_VERIFY_SERVICE_SID_ACCOUNT}\n`,
    );
    expect((await fetch(baseUrl)).status).toBe(200);

    main.child.kill(signal);
    expect(await main.exit).toEqual([0, null]);
    expect(main.output.stderr).toBe('');
  });

  test('a taken port is one clear line', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const address = other.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    const main = startMain({ TWILIO_EMULATOR_PORT: String(port) });
    expect(await main.exit).toEqual([1, null]);
    expect(main.output).toEqual({
      stdout: '',
      stderr: `Port ${port} is taken: stop what listens there, or set TWILIO_EMULATOR_PORT to another port\n`,
    });
    other.close();
  });
});

describe('its environment', () => {
  test('defaults to the development account on port 4010', () => {
    const { port, options } = readConfig({});
    expect(port).toBe(4010);
    expect(options).toMatchObject({ accountSid: DEVELOPMENT.accountSid, authToken: DEVELOPMENT.authToken });
    expect(options.services).toHaveLength(6);
  });

  test('takes an account of one’s own and never prints its token', () => {
    const secret = 'a-token-that-may-be-real';
    const env = { TWILIO_ACCOUNT_SID: 'ACown', TWILIO_AUTH_TOKEN: secret, TWILIO_VERIFY_SERVICE_SID: 'VAown' };
    const config = readConfig(env);
    expect(config.options).toMatchObject({ accountSid: 'ACown', authToken: secret });
    const lines = config.environmentLines('http://127.0.0.1:4010').join('\n');
    expect(lines).not.toContain(secret);
    expect(lines).toContain('TWILIO_VERIFY_SERVICE_SID=VAown');
  });

  test.each(['http', '-1', '65536', '40.5'])('port %s is refused', (port) => {
    expect(() => readConfig({ TWILIO_EMULATOR_PORT: port })).toThrow('must be a port from 0 to 65535');
  });
});
