// Makes a file of users to measure an import with: `npx tsx bench/make-users.ts COUNT FILE`. Their hashes are real ones of
// Werkzeug, from the tests.
import { createWriteStream, readFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

const FIXTURES = new URL('../test/account/fixtures/legacy-hashes.json', import.meta.url);

const [count = '', file] = process.argv.slice(2);
if (!/^[1-9]\d{0,7}$/.test(count) || !file) {
  console.error('Usage: npx tsx bench/make-users.ts COUNT FILE');
  process.exit(1);
}
await pipeline(Readable.from(lines(Number(count), hashes())), createWriteStream(file));

function hashes(): string[] {
  const samples = JSON.parse(readFileSync(FIXTURES, 'utf8')) as { what: string; hash: string }[];
  return samples.filter(({ what }) => what.startsWith('Werkzeug')).map(({ hash }) => hash);
}

/** CSV in the columns of a Flask-SQLAlchemy table. */
function* lines(count: number, hashes: readonly string[]): Generator<string> {
  yield 'id,email,password_hash,created_at\n';
  for (let id = 1; id <= count; id += 1)
    yield `${id},user${id}@example.com,${hashes[id % hashes.length]},2023-04-05 06:07:08\n`;
}
