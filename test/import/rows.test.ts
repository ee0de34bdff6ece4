import { describe, expect, test } from '@jest/globals';
import { readLines } from '../../src/import/lines.ts';
import { readCsv, readJsonLines, UnreadableFileError, type Row } from '../../src/import/rows.ts';

type Read = typeof readCsv;

/** A file that arrives in pieces of this many bytes. */
async function* pieces(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function rows(read: Read, file: string | Buffer, size = 65_536): Promise<Row[]> {
  const found: Row[] = [];
  for await (const row of read(readLines(pieces(Buffer.from(file), size)))) found.push(row);
  return found;
}

const HEADER = 'email,password_hash,phone\n';
const fields = (email: string, passwordHash = 'hash', phone = '+12025550123') => ({ email, passwordHash, phone });
const BAD_QUOTE = 'is no CSV: a quote is not closed, or stands inside a value without being doubled';

describe('CSV', () => {
  test('has its users by the names of its header, in any order and spelling, and other columns are left alone', async () => {
    for (const header of [
      'id,Password_Hash,email,PHONE',
      'name,passwordHash,Email Address,phone_number',
      'x,password hash,email,phone',
    ])
      expect(await rows(readCsv, `${header}\n7,hash,a@example.com,+12025550123\n`)).toEqual([
        { line: 2, fields: fields('a@example.com') },
      ]);
  });

  test('may have a byte order mark, CRLF, empty lines and no end of line at the end', async () => {
    const file = `\uFEFF${HEADER}a@example.com,hash,+12025550123\n\n   \nb@example.com,hash,+12025550123`;
    const wanted = [
      { line: 2, fields: fields('a@example.com') },
      { line: 5, fields: fields('b@example.com') },
    ];
    expect(await rows(readCsv, file)).toEqual(wanted);
    expect(await rows(readCsv, file.replaceAll('\n', '\r\n'))).toEqual(wanted);
  });

  test('may quote its values: commas, quotes and line ends in them', async () => {
    const file = `${HEADER}"a@example.com","$argon2id$v=19$m=1,t=2,p=3$x","say ""hi"""\n"two\nlines",hash,1\nb@example.com,h,2\n`;
    expect(await rows(readCsv, file)).toEqual([
      { line: 2, fields: fields('a@example.com', '$argon2id$v=19$m=1,t=2,p=3$x', 'say "hi"') },
      { line: 3, fields: fields('two\nlines', 'hash', '1') },
      { line: 5, fields: fields('b@example.com', 'h', '2') },
    ]);
  });

  test('reads the same in pieces of any size', async () => {
    const file = `\uFEFF${HEADER}"jürgen@exämple.com","h,1",🦊\r\n\r\nb@example.com,h,2`;
    const whole = await rows(readCsv, file);
    expect(whole).toHaveLength(2);
    for (const size of [1, 2, 3, 7]) expect(await rows(readCsv, file, size)).toEqual(whole);
  });

  test('with a broken line loses that line and no other', async () => {
    const good = (name: string) => `${name}@example.com,hash,+12025550123\n`;
    const file = `${HEADER}${good('a')}b"@example.com,hash,1\n"c"@example.com,hash,1\nonly one\n1,2,3,4\n${good('d')}"open,hash,1\n${good('e')}`;
    expect(await rows(readCsv, file)).toEqual([
      { line: 2, fields: fields('a@example.com') },
      { line: 3, problem: BAD_QUOTE },
      { line: 4, problem: BAD_QUOTE },
      { line: 5, problem: 'has 1 columns, and the header has 3' },
      { line: 6, problem: 'has 4 columns, and the header has 3' },
      { line: 7, fields: fields('d@example.com') },
      { line: 8, problem: BAD_QUOTE },
      { line: 9, fields: fields('e@example.com') },
    ]);
  });

  test('with a quote opened and never closed keeps all the lines behind it', async () => {
    const many = Array.from({ length: 500 }, (_, index) => `user${index}@example.com,hash,1\n`).join('');
    const found = await rows(readCsv, `${HEADER}"open,hash,1\n${many}`);
    expect(found).toHaveLength(501);
    expect(found.filter(({ problem }) => problem)).toEqual([{ line: 2, problem: BAD_QUOTE }]);
  });

  test('with empty values has no such fields', async () => {
    expect(await rows(readCsv, `${HEADER},,\n`)).toEqual([{ line: 2, fields: {} }]);
  });

  test.each([
    ['', 'nothing'],
    ['\n\n', 'empty lines'],
    ['a@example.com,hash\n', 'no header'],
    ['email,name\na@example.com,x\n', 'no column of hashes'],
    ['email;password_hash\na@example.com;hash\n', 'semicolons'],
    ['"email,password_hash\n', 'a broken header'],
  ])('%j is refused as a whole: %s', async (file) => {
    await expect(rows(readCsv, file)).rejects.toThrow(UnreadableFileError);
    await expect(rows(readCsv, file)).rejects.toThrow('its first line must name the columns');
  });

  test.each([
    ['UTF-16', Buffer.from(`\uFEFF${HEADER}`, 'utf16le')],
    ['UTF-16 without a byte order mark', Buffer.from(HEADER, 'utf16le')],
    ['Latin-1', Buffer.from(`pr\u00e9nom,${HEADER}`, 'latin1')],
  ])('in %s is refused as a whole, with the reason', async (_encoding, file) => {
    await expect(rows(readCsv, file)).rejects.toThrow(UnreadableFileError);
    await expect(rows(readCsv, file)).rejects.toThrow('its first line is not UTF-8');
  });
});

describe('JSON lines', () => {
  test('are an object each', async () => {
    const file =
      '\uFEFF{"email":"a@example.com","passwordHash":"hash","phone":"+12025550123","extra":[1]}\r\n\r\n' +
      '{"email":"b@example.com","password_hash":"hash","phone":null,"phone_number":"+12025550123"}';
    expect(await rows(readJsonLines, file)).toEqual([
      { line: 1, fields: fields('a@example.com') },
      { line: 3, fields: fields('b@example.com') },
    ]);
  });

  test('that are something else are refused one by one, and never quoted', async () => {
    const broken = ['{"email":"secret-hash"', 'text', '[1]', '"text"', 'null', '7', '{"a":1} {"b":2}', '{a:1}'];
    const file = `{"email":"a"}\n${broken.join('\n')}\n{"email":"b"}\n`;
    expect(await rows(readJsonLines, file)).toEqual([
      { line: 1, fields: { email: 'a' } },
      ...broken.map((_, index) => ({ line: index + 2, problem: 'is no JSON object' })),
      { line: broken.length + 2, fields: { email: 'b' } },
    ]);
  });

  test.each([
    ['[\n{"email":"a"}\n]', 'it is a JSON array'],
    ['\n  \n [{"email":"a"}]', 'it is a JSON array'],
    ['\n{\n  "email": "a"\n}\n', 'it is a JSON object over several lines'],
  ])('are not one document: %j', async (file, reason) => {
    await expect(rows(readJsonLines, file)).rejects.toThrow(UnreadableFileError);
    await expect(rows(readJsonLines, file)).rejects.toThrow(reason);
  });

  test('of names that objects inherit are harmless', async () => {
    const [row] = await rows(readJsonLines, '{"__proto__":{"email":"x"},"constructor":"y","toString":1}');
    expect(row).toEqual({ line: 1, fields: {} });
  });
});

describe('a line', () => {
  test('that is huge is refused without being kept, and the next is read', async () => {
    async function* huge(): AsyncGenerator<Buffer> {
      yield Buffer.from('{"email":"a"}\n{"email":"');
      // 512 MB: it would not fit a string.
      const piece = Buffer.alloc(1024 * 1024, 'x');
      for (let count = 0; count < 512; count += 1) yield piece;
      yield Buffer.from('"}\n{"email":"b"}\n');
    }
    const found: Row[] = [];
    for await (const row of readJsonLines(readLines(huge()))) found.push(row);
    expect(found).toEqual([
      { line: 1, fields: { email: 'a' } },
      { line: 2, problem: 'is longer than 65536 bytes' },
      { line: 3, fields: { email: 'b' } },
    ]);
  });

  test('that is not UTF-8 is refused, and no letter of it is guessed', async () => {
    const file = Buffer.concat([
      Buffer.from(`${HEADER}a@example.com,h,1\nj`),
      Buffer.from([0xfc]),
      Buffer.from('rgen@example.com,h,1\n"x\n'),
      Buffer.from([0xff]),
      Buffer.from('",h,1\nb@example.com,h,1\n'),
    ]);
    const problem = 'is not UTF-8: save the file in that encoding';
    expect(await rows(readCsv, file)).toEqual([
      { line: 2, fields: fields('a@example.com', 'h', '1') },
      { line: 3, problem },
      { line: 4, problem: BAD_QUOTE },
      { line: 5, problem },
      { line: 6, fields: fields('b@example.com', 'h', '1') },
    ]);
  });
});
