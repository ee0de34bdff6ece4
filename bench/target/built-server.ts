import { join } from 'node:path';
import { ENVIRONMENT } from '../../src/config/environment.ts';
import { startServer, type ServerProcess } from './server-process.ts';
import type { Workbench } from './workbench.ts';

/**
 * Starts a built otpql with the settings that it has by default, limits included. Every client address is its own
 * client, as `X-Forwarded-For` says, so that no limit stands in the way.
 * @param build.root the checkout whose `dist` runs
 * @param build.mongodbUri its database
 * @param build.settings in place of the defaults
 */
export function startBuilt(
  workbench: Workbench,
  build: {
    readonly name: string;
    readonly root: string;
    readonly mongodbUri: string;
    readonly settings: Record<string, string>;
  },
): Promise<ServerProcess> {
  const folder = workbench.folder(build.name);
  // Nothing of an operator's settings: a variable that is there but empty counts as unset, also against a .env file.
  const unset = Object.fromEntries(Object.keys(ENVIRONMENT.shape).map((name) => [name, '']));
  const { mongodbUri: MONGODB_URI, settings } = build;
  return startServer(workbench, {
    script: join(build.root, 'dist', 'main.js'),
    folder,
    environment: { ...unset, ...SETTINGS, MONGODB_URI, DATA_DIR: folder, ...settings },
  });
}

const SETTINGS = { NODE_ENV: 'test', HOST: '127.0.0.1', TRUST_PROXY: '1' };
