import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startServer, type TestServer } from '../support/server.ts';
import { blocks, expectShown, page, runBlocks, section } from './blocks.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.close());

describe('the tour', () => {
  test('of the README does in one shell what it says, and docs/tour.md goes on from there', async () => {
    const ran = await runBlocks(section(page('README.md'), 'Five-minute tour with curl'), server.url);
    expectShown(ran, 4);
    expect(ran[2]!.output).toMatch(/^\d{6}$/);
    expect(ran[5]!.output).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/);
    expectShown(await runBlocks(page('docs/tour.md'), server.url), 3);
  });

  test('has operations for Sandbox that work with the code from the inbox', async () => {
    const operations = blocks(section(page('docs/tour.md'), 'The same with Sandbox')).map(({ text }) => text);
    expect(operations).toHaveLength(3);
    const [send, register, me] = operations as [string, string, string];
    expect((await server.query(send)).data?.['sendOtp']).toMatchObject({ status: 'PENDING' });
    const [message] = await server.inbox('+12025550124');
    const registered = await server.query(register.replace('"000000"', `"${message!.code}"`));
    expect(registered.errors).toEqual([]);
    const { token } = registered.data!['registerWithOtp'] as { token: string };
    const answer = await server.query(me, {}, { authorization: `Bearer ${token}` });
    expect(answer.data).toEqual({ me: { email: 'second@example.com', phone: '+12025550124' } });
  });
});

test('the lines of docs/rest.md answer what it says', async () => {
  expectShown(await runBlocks(page('docs/rest.md'), server.url), 2);
});

describe('the commands', () => {
  const { scripts } = JSON.parse(page('package.json')) as { scripts: object };
  // The parts of `check` are its own business.
  const wanted = Object.keys(scripts).filter((name) => !name.startsWith('check:'));
  const namedIn = (text: string) =>
    [...text.matchAll(/\bnpm (?:run )?(start|test|(?<=run )[\w:-]+)/g)].map(([, name = '']) => name);

  test('of CONTRIBUTING.md are the scripts that there are', () => {
    const named = namedIn(section(page('CONTRIBUTING.md'), 'Commands'));
    expect([...new Set(named)].sort()).toEqual(wanted.sort());
  });

  test.each(['README.md', 'docs/configuration.md', 'docs/production.md', 'docs/twilio.md'])(
    'that %s names are scripts',
    (path) => {
      const named = namedIn(page(path));
      expect(named.length).toBeGreaterThan(0);
      expect(named.filter((name) => !wanted.includes(name))).toEqual([]);
    },
  );
});
