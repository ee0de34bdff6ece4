import { secondsUntil, type Clock } from '../clock.ts';
import { AppError, type ErrorCode } from '../errors.ts';
import {
  APPROVAL_LIFE_MS,
  attemptsRemaining,
  opensAt,
  type Approval,
  type Challenge,
  type ChallengePolicy,
  type Guesses,
  type OtpPurpose,
} from './challenge.ts';
import type { Deliveries } from './delivery.ts';
import type { Keyring } from '../keyring.ts';
import { requesterId } from './identifiers.ts';
import { macOfCode } from './one-time-code.ts';
import { ProviderFailure, type OtpProvider } from './provider.ts';
import { type ChallengeStore, type SlotKey, type TryResult } from './ports.ts';
import { slotId, slotKey, type SlotName } from './slot.ts';
import type { Settlement, TryAsk } from './trying.ts';

/** Between two tries to store an approval that the database could not take. */
const STORE_AGAIN_MS = 500;

interface Parts {
  readonly store: ChallengeStore;
  readonly provider: OtpProvider | null;
  readonly deliveries: Deliveries;
  /** The current secret's keys first; older ones are accepted for checks only. */
  readonly keyrings: readonly [Keyring, ...Keyring[]];
  readonly policy: ChallengePolicy;
  readonly clock: Clock;
  /** Told of each code that was tried, for counting. */
  readonly onChecked: (purpose: OtpPurpose, outcome: Tried['outcome'] | ErrorCode) => void;
}

type How = Pick<TryAsk, 'challengeId' | 'intent' | 'onlyUser'>;
type Asked = TryAsk & { readonly key: SlotKey };

/** A code that was tried: right or wrong. */
export interface Tried {
  readonly outcome: 'APPROVED' | 'WRONG';
  readonly key: SlotKey;
  readonly approval: Approval | null;
  readonly remaining: number;
}

/** Tries codes: an attempt is spent in the store before anything is compared or asked of a provider (invariant 2). */
export class Attempts {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** @throws AppError OTP_EXPIRED, MAX_ATTEMPTS_REACHED, SERVICE_UNAVAILABLE (another action holds the code, or the provider is down) */
  async try(slot: SlotName, code: string, requester: string, how: How): Promise<Tried> {
    const { onChecked } = this.#parts;
    try {
      const tried = await this.#try(slot, code, requester, how);
      onChecked(slot.purpose, tried.outcome);
      return tried;
    } catch (error) {
      onChecked(slot.purpose, error instanceof AppError ? error.code : 'INTERNAL_SERVER_ERROR');
      throw error;
    }
  }

  async #try(slot: SlotName, code: string, requester: string, how: How): Promise<Tried> {
    // A challenge from before a rotation of OTP_SECRET lives under the previous secret's keys.
    for (const keyring of this.#parts.keyrings) {
      const key = slotKey(keyring, slot);
      const by = requesterId(keyring, key.destinationId, requester);
      const codeMac = macOfCode(keyring, slotId(key), code);
      const tried = await this.#tryAt({ key, slot, code, how, by, codeMac });
      if (tried) return tried;
    }
    throw new AppError('OTP_EXPIRED');
  }

  /** Null when nothing is pending at this key. */
  async #tryAt(at: {
    key: SlotKey;
    slot: SlotName;
    code: string;
    how: How;
    by: string;
    codeMac: string;
  }): Promise<Tried | null> {
    const { store, policy, clock, deliveries } = this.#parts;
    const { key, how, by, codeMac } = at;
    const asked: Asked = { ...how, by, codeMac, now: clock(), key };
    const result = await store.tryCode(key, asked, policy);
    const { outcome, challenge, approval, guesses } = result;
    switch (outcome) {
      case 'ABSENT':
        return null;
      case 'EXHAUSTED':
        throw new AppError('MAX_ATTEMPTS_REACHED', { facts: { attemptsRemaining: 0 } });
      case 'CLOSED':
        throw closed(guesses, by, asked.now);
      case 'BUSY':
        throw heldByAnother();
      case 'DELIVERING':
        await deliveries.settled(key, challenge!);
        return this.#tryAt(at);
      case 'ASK':
        return this.#askProvider(asked, at.slot, at.code, result);
      case 'WRONG':
        await this.#pretendToAsk(asked, challenge);
        return { outcome, key, approval, remaining: this.#remaining(asked, result) };
      case 'APPROVED':
        return { outcome, key, approval, remaining: this.#remaining(asked, result) };
    }
  }

  async #askProvider(asked: Asked, slot: SlotName, code: string, result: TryResult): Promise<Tried | null> {
    const { provider } = this.#parts;
    const challenge = result.challenge!;
    // The operator has changed the provider while a code was pending.
    if (provider?.kind !== 'remote')
      throw new AppError('OTP_EXPIRED', { reason: `${challenge.provider} is not configured any more` });
    const { destination: to, purpose, payment } = slot;
    const verdict = await provider
      .check({ ref: challenge.providerRef, to, purpose, code, payment })
      .catch((error: unknown) => this.#refund(asked, challenge, error));
    const remaining = this.#remaining(asked, result);
    if (verdict === 'WRONG') return { outcome: 'WRONG', key: asked.key, approval: null, remaining };
    const { outcome, approval } = await this.#settle(asked, challenge, verdict);
    if (outcome === 'APPROVED') return { outcome, key: asked.key, approval, remaining };
    if (outcome === 'EXHAUSTED') throw new AppError('MAX_ATTEMPTS_REACHED', { facts: { attemptsRemaining: 0 } });
    return null;
  }

  /** A decoy takes as long as a real check, and fails while a real one would (invariant 8). */
  async #pretendToAsk(asked: Asked, challenge: Challenge | null): Promise<void> {
    const { provider } = this.#parts;
    if (provider?.kind !== 'remote' || !challenge) return;
    await provider.pretend('check').catch((error: unknown) => this.#refund(asked, challenge, error));
  }

  /** An attempt is given back only when nothing reached the provider. */
  async #refund(asked: Asked, challenge: Challenge, error: unknown): Promise<never> {
    if (error instanceof ProviderFailure && error.reach === 'none')
      await this.#parts.store.settleTry(asked.key, this.#settlement(asked, challenge, 'REFUND', false));
    throw error;
  }

  /** Stores the provider's verdict. An approval that the database cannot take now is stored as soon as it can (invariant 9). */
  async #settle(asked: Asked, challenge: Challenge, verdict: Settlement['verdict']) {
    const { store, deliveries } = this.#parts;
    try {
      return await store.settleTry(asked.key, this.#settlement(asked, challenge, verdict, false));
    } catch (error) {
      if (verdict === 'APPROVED')
        deliveries.track(this.#storeLater(asked.key, this.#settlement(asked, challenge, verdict, true)));
      throw error;
    }
  }

  async #storeLater(key: SlotKey, settlement: Settlement): Promise<void> {
    const giveUpAt = performance.now() + APPROVAL_LIFE_MS;
    for (;;) {
      await new Promise((resolve) => setTimeout(resolve, STORE_AGAIN_MS));
      try {
        await this.#parts.store.settleTry(key, settlement);
        return;
      } catch (error) {
        const mayComeBack = error instanceof AppError && error.code === 'SERVICE_UNAVAILABLE';
        if (!mayComeBack || performance.now() >= giveUpAt) throw error;
      }
    }
  }

  #settlement(asked: Asked, challenge: Challenge, verdict: Settlement['verdict'], unanswered: boolean): Settlement {
    const { by, now: askedAt, codeMac, intent } = asked;
    return { verdict, challengeId: challenge.id, by, askedAt, now: this.#parts.clock(), codeMac, intent, unanswered };
  }

  #remaining({ by, now, intent }: Asked, { outcome, challenge, approval, guesses }: TryResult): number {
    const { policy } = this.#parts;
    // A right code leaves what its challenge had; a wrong one may have been tried at a challenge and at an approval.
    const open: ({ readonly tries: readonly string[] } | null)[] =
      outcome === 'APPROVED' || challenge?.status !== 'approved' ? [challenge] : [];
    if ('action' in intent) open.push(approval);
    return Math.max(...open.map((of) => (of ? attemptsRemaining(of.tries, guesses, by, now, policy) : 0)));
  }
}

/** The error of a destination that wrong codes have closed. */
export function closed(guesses: Guesses, by: string, now: number): AppError {
  const retryAfterSeconds = secondsUntil(opensAt(guesses, by, now), now);
  return new AppError('MAX_ATTEMPTS_REACHED', {
    message: 'Too many wrong codes for this destination; try again later',
    facts: { attemptsRemaining: 0, retryAfterSeconds },
  });
}

/** The error of an approval that another action is spending. */
export function heldByAnother(): AppError {
  return new AppError('SERVICE_UNAVAILABLE', {
    message: 'Another request is using this code; try again in a moment',
    facts: { retryAfterSeconds: 2 },
  });
}
