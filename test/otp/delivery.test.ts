// Messages are handed over once, and how that ended is never lost (invariant 10).
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { Background } from '../../src/otp/background.ts';
import { slotOf } from '../../src/otp/challenge.ts';
import { Deliveries, type Message } from '../../src/otp/delivery.ts';
import { Destinations } from '../../src/otp/destinations.ts';
import { ProviderFailure, type OtpProvider } from '../../src/otp/provider.ts';
import { decideSend } from '../../src/otp/send-rules.ts';
import { mongoStore, type StoreUnderTest } from '../support/stores.ts';
import { aRequest, DEFAULT_POLICY, SLOT, START } from './examples.ts';

let under: StoreUnderTest;
let destinations: Destinations;
let id: string;
let failures: unknown[];
let background: Background;

beforeAll(async () => {
  under = await mongoStore();
  destinations = new Destinations(under.store, () => START);
});
afterAll(() => under.close());
beforeEach(() => {
  id = randomUUID();
  failures = [];
  background = new Background((error) => failures.push(error));
});

/** Deliveries to somebody who takes messages like this. */
const deliveriesTo = (start: () => Promise<void>) => {
  const provider: OtpProvider = { kind: 'local', name: 'local', codeOf: () => '123456', start };
  return new Deliveries({ destinations, provider, background });
};
const refusal = () => Promise.reject(new ProviderFailure('CHANNEL_UNAVAILABLE', 'answered', { reason: 'a landline' }));
const lostAnswer = () => Promise.reject(new ProviderFailure('PROVIDER_ERROR', 'unknown', { reason: 'timed out' }));

/** The message of a challenge that has just been started. */
async function aMessage(): Promise<Message> {
  const { decision, stored } = await destinations.change(id, (destination, now) =>
    decideSend(destination, SLOT, aRequest(), DEFAULT_POLICY, now),
  );
  const key = { destinationId: id, name: SLOT };
  const to = { to: '+12025550123', purpose: 'LOGIN', channel: 'SMS', locale: null } as const;
  return { key, challenge: decision.challenge!, stored, ...to, deliverable: true, superseded: [] };
}
const kept = async () => slotOf(await destinations.read(id), SLOT).challenge;

describe('a delivery', () => {
  test('is told to its requester before it is stored, and is stored at shutdown at the latest', async () => {
    const message = await aMessage();
    await deliveriesTo(() => Promise.resolve()).deliver(message);
    await background.drain();
    expect(await kept()).toEqual({ ...message.challenge, deliveringSince: null });
    expect(failures).toEqual([]);
  });

  test('that was definitely refused is stored before it is told, so that the next request starts at once', async () => {
    const message = await aMessage();
    await expect(deliveriesTo(refusal).deliver(message)).rejects.toMatchObject({ code: 'CHANNEL_UNAVAILABLE' });
    expect(await kept()).toMatchObject({ status: 'canceled', failure: 'CHANNEL_UNAVAILABLE' });
    expect((await destinations.read(id)).messages).toEqual([]);
  });

  test('whose answer was lost leaves the challenge, since the message may arrive', async () => {
    const message = await aMessage();
    await expect(deliveriesTo(lostAnswer).deliver(message)).rejects.toMatchObject({ code: 'PROVIDER_ERROR' });
    expect(await kept()).toEqual({ ...message.challenge, deliveringSince: null });
  });

  test.each([
    ['succeeds', () => Promise.resolve(), 'a message'],
    ['is refused', refusal, 'CHANNEL_UNAVAILABLE'],
  ])('that %s does so for all who asked for its message at once', async (_how, start, outcome) => {
    const message = await aMessage();
    let handOver!: () => void;
    const deliveries = deliveriesTo(() => new Promise<void>((resolve) => (handOver = resolve)).then(start));
    const delivering = deliveries.deliver(message).catch(() => undefined);
    const waiting = Array.from({ length: 5 }, () =>
      deliveries.outcomeOf(message.key, message.challenge).then(
        ({ deliveringSince, id: challengeId }) =>
          deliveringSince === null && challengeId === message.challenge.id ? 'a message' : 'too early',
        ({ code }: { code: string }) => code,
      ),
    );
    handOver();
    expect(await Promise.all(waiting)).toEqual(Array(5).fill(outcome));
    await delivering;
    await background.drain();
  });
});

describe('a delivery in the background', () => {
  // Invariant 8: what a real message costs must not show in the time of the answer, so its delivery begins after that.
  test('begins when all that its request still has to do is done', async () => {
    const events: string[] = [];
    const deliveries = deliveriesTo(async () => void events.push('the message'));
    deliveries.deliverInBackground(await aMessage());
    // A resolver's answer takes many promises until it is written.
    for (let step = 0; step < 200; step += 1) await Promise.resolve();
    events.push('the answer');
    await background.drain();
    expect(events).toEqual(['the answer', 'the message']);
    expect((await kept())?.deliveringSince).toBeNull();
  });

  test('that is refused leaves a decoy, and is told to the operator', async () => {
    const message = await aMessage();
    deliveriesTo(refusal).deliverInBackground(message);
    await background.drain();
    expect(await kept()).toEqual({ ...message.challenge, deliveringSince: null, deliverable: false });
    expect(failures).toMatchObject([{ code: 'CHANNEL_UNAVAILABLE', reason: 'a landline' }]);
  });

  test('of a decoy hands nothing over, and leaves what a real one leaves', async () => {
    const message = { ...(await aMessage()), deliverable: false };
    const handed: string[] = [];
    deliveriesTo(async () => void handed.push('a message')).deliverInBackground(message);
    await background.drain();
    expect(handed).toEqual([]);
    expect(await kept()).toEqual({ ...message.challenge, deliveringSince: null });
  });
});
