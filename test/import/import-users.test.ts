// The import on files of users and a real database; where it is killed, as the built program.
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import type { Connection } from 'mongoose';
import { ensureBuild } from '../../scripts/build.mjs';
import { root } from '../../scripts/project.mjs';
import { PasswordHasher } from '../../src/account/password/password.ts';
import { importCommand } from '../../src/commands/import-users.ts';
import { MongoUnitsOfWork, openConnection } from '../../src/mongo/connection.ts';
import { MongoUserStore } from '../../src/mongo/user-store.ts';
import type { UserRecord } from '../../src/mongo/user-record.ts';
import { freshPhone } from '../support/codes.ts';
import { ownMongod } from '../support/mongod.ts';
import { bareEnvironment, endProgram, launch, until, type Program } from '../support/process.ts';
import { sharedMongodUri } from '../support/shared-mongod.ts';

const SAMPLES = JSON.parse(readFileSync(join(root, 'test/account/fixtures/legacy-hashes.json'), 'utf8')) as {
  what: string;
  hash: string;
  password: string;
}[];
const HASH = SAMPLES[0]!.hash;

const folder = mkdtempSync(join(tmpdir(), 'otpql-import-'));
const uri = sharedMongodUri(`otpql_${randomBytes(6).toString('hex')}`);
let connection: Connection;
let program: Program | undefined;
beforeAll(async () => {
  await ensureBuild();
  connection = await openConnection(uri);
});
afterEach(async () => {
  await endProgram(program);
  await connection.db!.dropDatabase();
});
afterAll(async () => {
  await connection.close();
  rmSync(folder, { recursive: true, force: true });
});

const users = () => connection.db!.collection<UserRecord>('users');
const all = () => users().find().sort({ email: 1 }).toArray();

function write(name: string, content: string): string {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
}

/** A file of generated users with real hashes, in the columns of a Flask-SQLAlchemy table. */
function generated(name: string, count: number): string {
  const quoted = (value: string) => (value.includes(',') ? `"${value}"` : value);
  const lines = Array.from({ length: count }, (_, index) =>
    [index, `user${index}@example.com`, quoted(SAMPLES[index % SAMPLES.length]!.hash), '2023-04-05 06:07:08.9'].join(
      ',',
    ),
  );
  return write(name, `id,email,password_hash,created_at\n${lines.join('\n')}\n`);
}

/** A pipe that a reader gets the file through: its first 1,800 lines at the first `write`, the next at the second. */
async function halfOf(file: string) {
  const path = `${file.replace('.csv', '')}-pipe.csv`;
  execFileSync('mkfifo', [path]);
  const lines = readFileSync(file, 'utf8').split(/(?<=\n)/);
  // For reading too: opening it waits for nobody, and a reader that is killed does not break it.
  const pipe = await open(path, 'r+');
  return {
    path,
    write: () => pipe.write(lines.splice(0, 1_801).join('')),
    end: () => pipe.close(),
  };
}

/** The command in a process of its own. */
function start(file: string): Program {
  const command = ['--enable-source-maps', join(root, 'dist', 'import-users.js'), file];
  program = launch(process.execPath, command, { cwd: folder, env: bareEnvironment({ MONGODB_URI: uri }) });
  return program;
}

async function run(args: readonly string[], environment: Record<string, string> = { MONGODB_URI: uri }) {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const code = await importCommand(args, { environment, stdout, stderr, stop: new AbortController().signal });
  return { code, stdout: written(stdout), stderr: written(stderr) };
}

const written = (stream: PassThrough) => (stream.read() as Buffer | null)?.toString() ?? '';

/** What it counted: imported, already there, refused. */
function counts(stdout: string): number[] {
  return /: (\d+) (?:would be )?imported, (\d+) already there, (\d+) refused/.exec(stdout)!.slice(1).map(Number);
}

describe('an import', () => {
  test('of 5,000 users with real hashes takes all of them in, and one of each kind logs in', async () => {
    const file = generated('many.csv', 5_000);
    const { code, stdout } = await run([file]);
    expect({ code, counts: counts(stdout) }).toEqual({ code: 0, counts: [5_000, 0, 0] });
    expect(existsSync(`${file}.report.csv`)).toBe(false);
    expect(await users().countDocuments()).toBe(5_000);
    const hasher = new PasswordHasher(() => Promise.resolve([]), Date.now);
    const kinds = new Map(SAMPLES.map(({ hash }, index) => [/^(\$\w+|pbkdf2:\w+|scrypt)/.exec(hash)![0], index]));
    expect(kinds.size).toBe(9);
    for (const index of kinds.values()) {
      const user = await users().findOne({ email: `user${index}@example.com` });
      expect(user).toMatchObject({
        emailVerifiedAt: null,
        phoneVerifiedAt: null,
        twoFactorEnabled: false,
        createdAt: new Date('2023-04-05T06:07:08.900Z'),
      });
      expect(user!.phone ?? null).toBeNull();
      const { password } = SAMPLES[index]!;
      expect(await hasher.verify(user!.passwordHash, password)).toEqual({ valid: true, needsRehash: true });
    }
  });

  test('run again changes nothing and says so', async () => {
    const file = generated('twice.csv', 1_200);
    expect(counts((await run([file])).stdout)).toEqual([1_200, 0, 0]);
    const before = await all();
    const { code, stdout } = await run([file]);
    expect({ code, counts: counts(stdout) }).toEqual({ code: 0, counts: [0, 1_200, 0] });
    expect(stdout).toContain('Nothing was changed.');
    expect(await all()).toEqual(before);
  });

  test('killed in the middle and started again is complete, without a duplicate', async () => {
    const file = generated('killed.csv', 2_500);
    const half = await halfOf(file);
    const killed = start(half.path);
    await half.write();
    await until(async () => (await users().countDocuments()) >= 1_000);
    killed.signal('SIGKILL');
    await killed.exited;
    await half.end();
    expect(await users().countDocuments()).toBe(1_000);
    const { code, stdout } = await run([file]);
    expect({ code, counts: counts(stdout) }).toEqual({ code: 0, counts: [1_500, 1_000, 0] });
    expect(await users().distinct('email')).toHaveLength(2_500);
  });

  test('stopped in the middle ends in good order, says how to go on, and the next run completes it', async () => {
    const file = generated('stopped.csv', 2_500);
    const half = await halfOf(file);
    const [stop, stdout] = [new AbortController(), new PassThrough()];
    const environment = { MONGODB_URI: uri };
    const running = importCommand([half.path], { environment, stdout, stderr: new PassThrough(), stop: stop.signal });
    await half.write();
    await until(async () => (await users().countDocuments()) >= 1_000);
    stop.abort();
    await half.write();
    await half.end();
    expect(await running).toBe(130);
    expect(written(stdout)).toContain('Stopped before the end. Run it again to complete it.');
    const left = await users().countDocuments();
    expect(left).toBeLessThan(2_500);
    expect(counts((await run([file])).stdout)).toEqual([2_500 - left, left, 0]);
  });

  test('beside another of the same file takes each user in once', async () => {
    const file = generated('race.csv', 2_000);
    const [one, two] = await Promise.all([
      run([file, '--report', join(folder, 'one.csv')]),
      run([file, '--report', join(folder, 'two.csv')]),
    ]);
    const [imported] = [one, two].map(({ stdout }) => counts(stdout)).reduce((a, b) => a.map((n, i) => n + b[i]!));
    expect([one.code, two.code, imported]).toEqual([0, 0, 2_000]);
    expect(await users().countDocuments()).toBe(2_000);
  });

  test('as a dry run counts the same and writes nothing', async () => {
    const lines = ['a', 'b', 'a'].map((name) => JSON.stringify({ email: `${name}@example.com`, passwordHash: HASH }));
    const file = write('dry.jsonl', lines.join('\n'));
    const dry = await run([file, '--dry-run']);
    expect({ code: dry.code, counts: counts(dry.stdout) }).toEqual({ code: 2, counts: [2, 0, 1] });
    expect(dry.stdout).toContain('Dry run, nothing was written.');
    expect(await connection.db!.listCollections().toArray()).toEqual([]);
    expect(counts((await run([file])).stdout)).toEqual([2, 0, 1]);
    expect(counts((await run([file, '--dry-run'])).stdout)).toEqual([0, 2, 1]);
  });

  test('reads no secrets: in production MONGODB_URI is enough', async () => {
    const file = generated('production.csv', 3);
    const { code, stderr } = await run([file], { NODE_ENV: 'production', MONGODB_URI: uri });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });
});

describe('what is refused', () => {
  test('is in a report with line and reason, without a hash or a whole address, and the rest is taken in', async () => {
    const file = write(
      'mixed.csv',
      [
        'email,password_hash,created_at',
        `first@example.com,${HASH},`,
        `not an address,${HASH},`,
        `FIRST@example.com,${HASH},`,
        'plain@example.com,securepassword,',
        `${HASH},swapped@example.com,`,
        `late@example.com,${HASH},2999-01-01`,
        `last@example.com,${HASH},`,
      ].join('\r\n'),
    );
    const { code, stdout, stderr } = await run([file]);
    expect({ code, stderr, counts: counts(stdout) }).toEqual({ code: 2, stderr: '', counts: [2, 0, 5] });
    expect(stdout).toContain(`${file}.report.csv`);
    const report = readFileSync(`${file}.report.csv`, 'utf8');
    expect(report.trim().split('\n')).toEqual([
      'line,email,outcome,reason',
      '3,,refused,Invalid e-mail address: use the form name@example.com',
      '4,f***@example.com,refused,the address is that of line 2',
      '5,p***@example.com,refused,"password_hash is of no supported method: pbkdf2 and scrypt of Werkzeug, bcrypt, argon2i and argon2id are"',
      '6,,refused,Invalid e-mail address: use the form name@example.com',
      '7,l***@example.com,refused,created_at lies in the future',
    ]);
    for (const told of [report, stdout]) {
      expect(told).not.toContain(HASH.slice(-20));
      expect(told).not.toMatch(/first@|plain@|late@|swapped@|securepassword/i);
    }
    expect(statSync(`${file}.report.csv`).mode & 0o077).toBe(0);
    expect((await all()).map(({ email }) => email)).toEqual(['first@example.com', 'last@example.com']);
  });

  test('is told in the file that --report names, and a report without entries is removed', async () => {
    const bad = write('bad.jsonl', '{"email":"x"}');
    const report = join(folder, 'elsewhere.csv');
    expect((await run([bad, '--report', report])).code).toBe(2);
    expect(readFileSync(report, 'utf8')).toContain('1,,refused,Invalid e-mail address');
    expect(existsSync(`${bad}.report.csv`)).toBe(false);
    expect((await run([generated('good.csv', 2), '--report', report])).code).toBe(0);
    expect(existsSync(report)).toBe(false);
  });
});

describe('an account that is there', () => {
  test('is never changed, whether it proved its address or not', async () => {
    const store = new MongoUserStore(connection);
    await store.prepare();
    const proven = {
      emailVerifiedAt: new Date(0),
      phone: freshPhone(),
      phoneVerifiedAt: new Date(0),
      passwordHash: 'own',
    };
    await new MongoUnitsOfWork(connection).run(async (unit) => {
      await store.insert({ ...proven, email: 'proven@example.com' }, unit);
      await store.insert(
        { ...proven, email: 'unproven@example.com', emailVerifiedAt: null, phone: freshPhone() },
        unit,
      );
    });
    const before = await all();
    const lines = ['proven', 'Unproven', 'new'].map((name) => `${name}@example.com,${HASH},true,${freshPhone()},true`);
    const file = write('held.csv', `email,password_hash,email_verified,phone,phone_verified\n${lines.join('\n')}`);
    const { code, stdout } = await run([file]);
    expect({ code, counts: counts(stdout) }).toEqual({ code: 0, counts: [1, 2, 0] });
    expect((await all()).filter(({ email }) => email !== 'new@example.com')).toEqual(before);
  });

  test('keeps its phone, and who claims it in the file is taken in without', async () => {
    const [held, shared] = [freshPhone(), freshPhone()];
    const header = 'email,password_hash,phone,phone_verified_at\n';
    await run([write('holder.csv', `${header}holder@example.com,${HASH},${held},2024-01-01`)]);
    const file = write(
      'phones.csv',
      `${header}a@example.com,${HASH},${held},2024-01-01\nb@example.com,${HASH},${shared},2024-01-01\nc@example.com,${HASH},${shared},2024-01-01\nd@example.com,${HASH},${freshPhone()},\n`,
    );
    for (const dry of [true, false]) {
      const { code, stdout } = await run(dry ? [file, '--dry-run'] : [file]);
      expect({ code, counts: counts(stdout) }).toEqual({ code: 0, counts: [4, 0, 0] });
      expect(stdout).toMatch(/^3 of the imported (would )?have no phone here yet$/m);
      expect(readFileSync(`${file}.report.csv`, 'utf8').trim().split('\n')).toEqual([
        'line,email,outcome,reason',
        '2,a***@example.com,imported without phone,phone is that of another account',
        '4,c***@example.com,imported without phone,phone is that of another account',
      ]);
    }
    expect((await all()).map(({ email, phone = null }) => [email, phone])).toEqual([
      ['a@example.com', null],
      ['b@example.com', shared],
      ['c@example.com', null],
      ['d@example.com', null],
      ['holder@example.com', held],
    ]);
  });
});

describe('what cannot be run says why in a line, ends with 1 and writes nothing', () => {
  const MISSING = join(folder, 'missing.csv');
  test.each([
    ['no file named', [], {}, 'name one file with users'],
    ['two files', ['a.csv', 'b.csv'], {}, 'name one file with users'],
    ['an unknown option', ['a.csv', '--force'], {}, "Unknown option '--force'"],
    ['a file of unknown format', ['users.txt'], {}, 'say --format csv or --format jsonl'],
    ['a wrong format', ['users.csv', '--format', 'xml'], {}, 'say --format csv or --format jsonl'],
    ['a report over the input', ['users.csv', '--report', './users.csv'], {}, '--report must name another file'],
    ['a missing file', [MISSING], {}, `${MISSING}: there is no such file`],
    ['a folder', [folder, '--format', 'csv'], {}, `${folder} is a folder`],
    ['no database named', [MISSING], { MONGODB_URI: '' }, 'MONGODB_URI is missing'],
    ['a wrong address', [MISSING], { MONGODB_URI: 'localhost' }, 'MONGODB_URI must start with mongodb://'],
  ])('%s', async (_what, args, set, reason) => {
    const { code, stdout, stderr } = await run(args, { MONGODB_URI: uri, ...set });
    expect({ code, stdout, stderr }).toEqual({ code: 1, stdout: '', stderr: expect.stringContaining(reason) });
    expect(stderr).toMatch(/^import-users: /);
    expect(stderr).not.toMatch(/^ +at /m);
    expect(await users().countDocuments()).toBe(0);
  });

  test('a CSV without a header, and a report that cannot be written', async () => {
    const headless = write('headless.csv', `a@example.com,${HASH}\n`);
    expect(await run([headless])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('its first line must name'),
    });
    const report = join(folder, 'no', 'such', 'report.csv');
    const { code, stderr } = await run([generated('fine.csv', 1), '--report', report]);
    expect({ code, stderr }).toEqual({ code: 1, stderr: `import-users: ${report}: there is no such file or folder\n` });
    const onFolder = await run([generated('fine.csv', 1), '--report', folder]);
    expect(onFolder).toMatchObject({ code: 1, stderr: `import-users: ${folder} is a folder\n` });
    expect(await users().countDocuments()).toBe(0);
  });

  test('a database that is not there', async () => {
    const file = generated('nowhere.csv', 1);
    const { code, stderr } = await run([file], { MONGODB_URI: 'mongodb://127.0.0.1:9/otpql' });
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr:
        'import-users: MongoDB cannot be reached: check that MONGODB_URI is right and that the database is running\n',
    });
  });

  test('a database that goes away in the middle', async () => {
    const mongod = await ownMongod();
    try {
      const half = await halfOf(generated('lost.csv', 2_500));
      const running = run([half.path], { MONGODB_URI: mongod.uri });
      const own = await openConnection(mongod.uri);
      await half.write();
      await until(async () => (await own.db!.collection('users').countDocuments()) >= 1_000);
      await own.close();
      await mongod.kill();
      await half.write();
      await half.end();
      const { code, stderr } = await running;
      expect(code).toBe(1);
      expect(stderr).toContain(
        'MongoDB cannot be reached any more. What is imported stays; run it again to complete it.',
      );
    } finally {
      await mongod.dispose();
    }
  });
});
