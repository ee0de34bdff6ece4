import { randomUUID } from 'node:crypto';
import type { SlotKey } from '../../src/otp/ports.ts';
import type { SendAsk } from '../../src/otp/sending.ts';
import type { TokenAsk, TryAsk } from '../../src/otp/trying.ts';
import { DEFAULT_POLICY, START } from '../support/arbitraries.ts';
import type { StoreUnderTest } from './history.ts';

export const RIGHT = 'mac-right';
export const WRONG = 'mac-wrong';

/** As many calls at once. */
export const parallel = <T>(count: number, make: (index: number) => Promise<T>) =>
  Promise.all(Array.from({ length: count }, (_, index) => make(index)));

/** The verbs of a store with what is usual filled in: the owner, at START, with the right code. */
export function callsOn(under: () => StoreUnderTest, key: () => SlotKey) {
  const send = (ask: Partial<SendAsk> = {}, policy = DEFAULT_POLICY) => {
    const fresh = { id: randomUUID(), provider: 'local', codeMac: RIGHT, userId: null };
    const usual: SendAsk = { by: 'owner', now: START, channel: 'SMS', deliverable: true, fresh, rivals: [] };
    return under().store.send(key(), { ...usual, ...ask }, policy);
  };
  const verify = (ask: Partial<TryAsk> = {}) => attempt({ intent: { verify: { tokenHash: 'token' } }, ...ask });
  const act = (claimId: string, ask: Partial<TryAsk> = {}) => attempt({ intent: { action: { claimId } }, ...ask });
  const attempt = (ask: Partial<TryAsk> & Pick<TryAsk, 'intent'>) => {
    const usual = { by: 'owner', now: START, codeMac: RIGHT, challengeId: null };
    return under().store.tryCode(key(), { ...usual, ...ask }, DEFAULT_POLICY);
  };
  const take = (claimId: string, ask: Partial<TokenAsk> = {}) =>
    under().store.takeToken(key(), { now: START, tokenHash: 'token', claimId, ...ask });
  const consume = (claimId: string, now = START) =>
    under().units.run((unit) => under().store.consume(key(), claimId, now, unit));
  return { send, verify, act, take, consume };
}
