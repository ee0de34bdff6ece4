import type { Clock } from '../clock.ts';
import { AppError, type ErrorCode } from '../errors.ts';
import type { Keyring } from '../keyring.ts';
import { decideAttempt, type Attempt, type AttemptDecision, type AttemptOutcome } from './attempt-rules.ts';
import type { Background } from './background.ts';
import { APPROVAL_LIFE_MS, isNeutral, type Approval, type ChallengePolicy, type OtpPurpose } from './challenge.ts';
import type { Deliveries } from './delivery.ts';
import type { Destinations } from './destinations.ts';
import { macOfCode } from './one-time-code.ts';
import type { StoredDestination } from './ports.ts';
import { ProviderFailure, type CheckVerdict, type OtpProvider } from './provider.ts';
import { closed, exhausted, stillHeld } from './refusals.ts';
import { settleAttempt, type Settlement } from './settlement-rules.ts';
import { slotId, slotKey, type SlotKey, type SlotName } from './slot.ts';
import { HOLDER_PATIENCE_MS, untilChecked, untilFree } from './waiting.ts';
import { requesterIds, type Requester } from './requester.ts';

interface Parts {
  readonly destinations: Destinations;
  readonly provider: OtpProvider | null;
  readonly deliveries: Deliveries;
  readonly background: Background;
  /** The current secret's keys first; older ones are accepted for checks only. */
  readonly keyrings: readonly [Keyring, ...Keyring[]];
  readonly policy: ChallengePolicy;
  readonly clock: Clock;
  /** Told of each code that was checked, for counting. */
  readonly onChecked: (purpose: OtpPurpose, outcome: CheckedCode['outcome'] | ErrorCode) => void;
}

/** A code as somebody gives it. */
export interface GivenCode extends Pick<Attempt, 'challengeId' | 'onlyUser'> {
  readonly slot: SlotName;
  readonly code: string;
  readonly requester: Requester;
  /** What for, at the key where the slot is kept. */
  readonly intentAt: (key: SlotKey, keyring: Keyring) => Attempt['intent'];
}

/** A code that was compared: right or wrong. */
export interface CheckedCode {
  readonly outcome: 'APPROVED' | 'WRONG';
  readonly key: SlotKey;
  readonly approval: Approval | null;
  readonly attemptsRemaining: number;
  /** The destination as it is stored with this outcome. */
  readonly stored: StoredDestination | null;
}

/** An attempt at one key. */
interface Asked {
  readonly key: SlotKey;
  readonly given: GivenCode;
  readonly attempt: Attempt;
}

/** Checks codes: an attempt is spent in the store before anything is asked of a provider, or answered (invariant 2). */
export class CodeChecker {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /**
   * @throws AppError OTP_EXPIRED, MAX_ATTEMPTS_REACHED, SERVICE_UNAVAILABLE (an action holds the code for too long, or the
   *   provider is down), OVERLOADED
   */
  async check(given: GivenCode): Promise<CheckedCode> {
    const { onChecked } = this.#parts;
    const { purpose } = given.slot;
    try {
      const checked = await this.#checkAtEveryKey(given);
      onChecked(purpose, checked.outcome);
      return checked;
    } catch (error) {
      onChecked(purpose, error instanceof AppError ? error.code : 'INTERNAL_SERVER_ERROR');
      throw error;
    }
  }

  async #checkAtEveryKey(given: GivenCode): Promise<CheckedCode> {
    // A challenge from before a rotation of OTP_SECRET lives under the previous secret's keys.
    for (const keyring of this.#parts.keyrings) {
      const key = slotKey(keyring, given.slot);
      const { challengeId, onlyUser } = given;
      const attempt: Attempt = {
        requester: requesterIds(keyring, key.destinationId, given.requester),
        codeMac: macOfCode(keyring, slotId(key), given.code),
        challengeId,
        onlyUser,
        intent: given.intentAt(key, keyring),
      };
      const checked = await this.#checkAt({ key, given, attempt });
      if (checked) return checked;
    }
    throw new AppError('OTP_EXPIRED');
  }

  /** Null when nothing is pending at this key. */
  async #checkAt(asked: Asked): Promise<CheckedCode | null> {
    const { destinations, policy, clock } = this.#parts;
    const { key, attempt } = asked;
    for (const giveUpAt = performance.now() + HOLDER_PATIENCE_MS; ;) {
      const { decision, stored } = await destinations.change(key.destinationId, (destination, now) => ({
        ...decideAttempt(destination, key.name, attempt, policy, now),
        at: now,
      }));
      const { outcome, approval, attemptsRemaining } = decision;
      switch (outcome) {
        case 'ABSENT':
          return null;
        case 'EXHAUSTED':
          throw exhausted();
        case 'CLOSED':
          throw closed(decision.destination, attempt.requester, clock());
        case 'HELD':
        case 'CHECKING':
        case 'DELIVERING':
          if (performance.now() >= giveUpAt) throw stillHeld();
          await this.#waitFor(outcome, asked, decision);
          continue;
        case 'ASK':
        case 'PRETEND':
          return this.#askProvider(asked, outcome, decision, stored);
        case 'WRONG':
        case 'APPROVED':
          return { outcome, key, approval, attemptsRemaining, stored };
      }
    }
  }

  /** Until the one who is first has ended: then it is decided again. */
  async #waitFor(outcome: AttemptOutcome, { key, attempt }: Asked, { challenge }: AttemptDecision): Promise<void> {
    const { destinations, deliveries } = this.#parts;
    if (outcome === 'DELIVERING') await deliveries.settled(key, challenge!);
    else if (outcome === 'CHECKING') await untilChecked(destinations, key, challenge!, attempt.codeMac);
    else await untilFree(destinations, key);
  }

  async #askProvider(
    asked: Asked,
    outcome: 'ASK' | 'PRETEND',
    { challenge, by, attemptsRemaining, at: askedAt }: AttemptDecision & { readonly at: number },
    stored: StoredDestination | null,
  ): Promise<CheckedCode | null> {
    const { provider } = this.#parts;
    const { key, given, attempt } = asked;
    const { providerRef: ref, codeId } = challenge!;
    // The operator has changed the provider while a code was pending.
    if (provider?.kind !== 'remote')
      throw new AppError('OTP_EXPIRED', { reason: `${challenge!.provider} is not configured any more` });
    const { destination: to, purpose, payment } = given.slot;
    const settle = (verdict: Settlement['verdict']) =>
      this.#settle(key, { verdict, codeId, attempt, by, askedAt, isLate: false }, stored);
    // A decoy takes as long as a real check, and fails while a real one would (invariant 8).
    const ask = async (): Promise<CheckVerdict> => {
      if (outcome === 'ASK')
        return toldOf(await provider.check({ ref, to, purpose, code: given.code, payment }), given.slot);
      await provider.pretend('check', purpose);
      return 'WRONG';
    };
    const verdict = await ask().catch(async (error: unknown) => {
      // An attempt is given back only when nothing reached the provider; but nobody waits for its answer any more.
      const isUnasked = error instanceof ProviderFailure && error.reach === 'none';
      await settle(isUnasked ? 'REFUND' : 'UNTOLD');
      throw error;
    });
    const { decision, stored: after } = await settle(verdict);
    if (decision.outcome === 'EXHAUSTED') throw exhausted();
    if (decision.outcome === 'ABSENT' && verdict !== 'WRONG') return null;
    const result = decision.outcome === 'APPROVED' ? ('APPROVED' as const) : ('WRONG' as const);
    const approval = result === 'APPROVED' ? decision.approval : null;
    return { outcome: result, key, approval, attemptsRemaining, stored: after };
  }

  /** Stores the provider's verdict. An approval that the database cannot take now is stored as soon as it can (invariant 9). */
  async #settle({ destinationId, name }: SlotKey, settlement: Settlement, stored: StoredDestination | null) {
    const { destinations, background } = this.#parts;
    const write = (final: Settlement, seen: StoredDestination | null) =>
      destinations.change(destinationId, (destination, now) => settleAttempt(destination, name, final, now), seen);
    try {
      return await write(settlement, stored);
    } catch (error) {
      if (settlement.verdict === 'APPROVED')
        background.persist(() => write({ ...settlement, isLate: true }, null), APPROVAL_LIFE_MS);
      throw error;
    }
  }
}

/** Of a code that gives away who has an account nobody is told that the provider has ended it: a decoy's never ends there. */
function toldOf(verdict: CheckVerdict, { purpose, binding }: SlotName): CheckVerdict {
  const hasEnded = verdict === 'GONE' || verdict === 'NO_CHECKS_LEFT';
  return hasEnded && isNeutral(purpose) && binding === undefined ? 'WRONG' : verdict;
}
