// Invariant 8: what a real message costs must not show in the time of the answer, so its delivery begins after that.
import { expect, test } from '@jest/globals';
import { Deliveries } from '../../src/otp/delivery.ts';
import type { OtpProvider } from '../../src/otp/provider.ts';
import { DEFAULT_POLICY, START } from '../support/arbitraries.ts';
import { MemoryChallengeStore } from '../support/memory-challenge-store.ts';
import { aSend } from './examples.ts';

test('a delivery in the background begins when all that its request still has to do is done', async () => {
  const events: string[] = [];
  const provider: OtpProvider = {
    kind: 'local',
    name: 'local',
    codeOf: () => '123456',
    start: async () => void events.push('the message'),
  };
  const store = new MemoryChallengeStore();
  const onLateFailure = (error: unknown) => events.push(String(error));
  const deliveries = new Deliveries({ store, provider, clock: () => START, onLateFailure });
  const key = { destinationId: 'somebody', name: 'LOGIN' };
  const { challenge } = await store.send(key, aSend(), DEFAULT_POLICY);
  const message = { to: '+12025550123', channel: 'SMS', purpose: 'LOGIN', locale: null } as const;

  deliveries.deliverInBackground(key, challenge!, { ...message, deliverable: true, superseded: [] });
  // A resolver's answer takes many promises until it is written.
  for (let step = 0; step < 200; step += 1) await Promise.resolve();
  events.push('the answer');
  await deliveries.drain();
  expect(events).toEqual(['the answer', 'the message']);
});
