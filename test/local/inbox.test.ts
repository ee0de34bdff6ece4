import { beforeEach, expect, test } from '@jest/globals';
import { DevelopmentInbox } from '../../src/local/inbox.ts';
import { LocalProvider } from '../../src/local/local-provider.ts';
import { Keyring } from '../../src/keyring.ts';
import { START } from '../support/arbitraries.ts';
import { FakeClock } from '../support/server.ts';

let clock: FakeClock;
let inbox: DevelopmentInbox;
let provider: LocalProvider;
beforeEach(() => {
  clock = new FakeClock(START);
  inbox = new DevelopmentInbox(clock.now);
  provider = new LocalProvider(new Keyring('secret'), { inbox, mailer: null });
});

const start = (to: string, codeId = 'challenge') =>
  provider.start({ to, channel: 'VOICE', purpose: 'PASSWORD_RESET', locale: null, codeId });

test('a message arrives with the code of its challenge and the time', async () => {
  await start('+12025550123');
  const code = provider.codeOf('challenge');
  expect(code).toMatch(/^\d{6}$/);
  const sentAt = new Date(START).toISOString();
  expect(inbox.messages()).toEqual([{ to: '+12025550123', channel: 'VOICE', purpose: 'PASSWORD_RESET', code, sentAt }]);
});

test('the same challenge sends the same code again, and another one another', async () => {
  for (const id of ['one', 'one', 'two']) await start('+12025550123', id);
  const [third, second, first] = inbox.messages().map(({ code }) => code);
  expect(second).toBe(first);
  expect(third).not.toBe(first);
});

test('messages come newest first, and by destination when asked for', async () => {
  for (const to of ['a@example.com', 'b@example.com', 'a@example.com']) {
    clock.advance(1_000);
    await start(to);
  }
  const times = inbox.messages().map(({ sentAt }) => sentAt);
  expect(times).toEqual([...times].sort().reverse());
  expect(inbox.messages('a@example.com')).toHaveLength(2);
  expect(inbox.messages('a@example')).toEqual([]);
});

test('the last hundred messages are kept', async () => {
  for (let index = 0; index < 101; index += 1) await start(`person-${index}@example.com`);
  expect(inbox.messages()).toHaveLength(100);
  expect(inbox.messages()[0]?.to).toBe('person-100@example.com');
  expect(inbox.messages().at(-1)?.to).toBe('person-1@example.com');
});
