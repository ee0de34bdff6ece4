import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface DevelopmentSecrets {
  readonly jwtSecretKey: string;
  readonly otpSecret: string;
}

/**
 * The laptop's own random secrets, made at the first start and kept in `dataDir` (mode 0600), so that tokens survive a
 * restart. Never called in production, where a missing secret refuses to start.
 */
export function loadDevelopmentSecrets(dataDir: string): DevelopmentSecrets {
  const path = join(dataDir, 'secrets.json');
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const fresh: DevelopmentSecrets = { jwtSecretKey: randomSecret(), otpSecret: randomSecret() };
  try {
    // `wx`: of two servers that start at once, one writes and both read the same.
    writeFileSync(path, JSON.stringify(fresh, null, 2), { flag: 'wx', mode: 0o600 });
    return fresh;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  return parseSecrets(readFileSync(path, 'utf8'), path);
}

function parseSecrets(text: string, path: string): DevelopmentSecrets {
  const damaged = () => new Error(`${path} is damaged: delete it, and a new one is made at the next start`);
  let kept: Partial<DevelopmentSecrets> | null;
  try {
    kept = JSON.parse(text) as Partial<DevelopmentSecrets> | null;
  } catch {
    throw damaged();
  }
  const { jwtSecretKey, otpSecret } = kept ?? {};
  if (typeof jwtSecretKey !== 'string' || typeof otpSecret !== 'string' || !jwtSecretKey || !otpSecret) throw damaged();
  return { jwtSecretKey, otpSecret };
}

function randomSecret(): string {
  return randomBytes(48).toString('base64');
}
