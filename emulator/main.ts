import { readConfig } from './config.ts';
import { createEmulator, type Emulator } from './server.ts';

try {
  const config = readConfig(process.env);
  const emulator = createEmulator(config.options);
  stopOnSignals(emulator);
  const baseUrl = await listen(emulator, config.port);
  console.log(`Twilio Verify emulator on ${baseUrl}: the codes it sends are shown there. Run otpql with\n`);
  console.log(`${config.environmentLines(baseUrl).join('\n')}\n`);
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}

async function listen(emulator: Emulator, port: number): Promise<string> {
  try {
    return await emulator.listen(port);
  } catch (error) {
    const isTaken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
    if (!isTaken) throw error;
    const advice = 'stop what listens there, or set TWILIO_EMULATOR_PORT to another port';
    throw new Error(`Port ${port} is taken: ${advice}`, { cause: error });
  }
}

function stopOnSignals(emulator: Emulator): void {
  const stop = () => {
    void emulator.close().then(() => process.exit(0));
  };
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
}
