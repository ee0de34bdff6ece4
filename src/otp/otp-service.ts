import { createHash, randomBytes } from 'node:crypto';
import { secondsUntil, type Clock } from '../clock.ts';
import { AppError } from '../errors.ts';
import { closed, heldByAnother, type Attempts } from './attempts.ts';
import {
  MAX_REFUSALS,
  MAX_SENDS,
  MIN_LIFE_FOR_RESEND_MS,
  isPending,
  type Challenge,
  type ChallengePolicy,
  type OtpChannel,
  type Slot,
} from './challenge.ts';
import type { Deliveries } from './delivery.ts';
import type { Keyring } from '../keyring.ts';
import { requesterId } from './identifiers.ts';
import { macOfCode } from './one-time-code.ts';
import type { ChallengeStore, SendResult, SlotKey } from './ports.ts';
import type { OtpProvider } from './provider.ts';
import type { UnitOfWork, UnitsOfWork } from '../unit-of-work.ts';
import { purposeOf, slotId, slotKey, type SlotName } from './slot.ts';

export interface SendRequest {
  readonly slot: SlotName;
  readonly channel: OtpChannel;
  /** The message's language (BCP 47); the provider chooses when it is null. */
  readonly locale: string | null;
  /** Who asks: `user:ID` or `ip:ADDRESS`. */
  readonly requester: string;
  /** The account that the code is for; null where the purpose has none, and for a decoy. */
  readonly userId: string | null;
  /** False: keep a decoy that never approves, and send nothing (invariant 8). */
  readonly deliverable: boolean;
  /** True: answer before the provider does, so that the time tells nothing about the destination (invariant 8). */
  readonly inBackground: boolean;
}

export interface VerifyResult {
  readonly valid: boolean;
  readonly attemptsRemaining: number;
  /** Single use, bound to the slot; present when valid. */
  readonly token: { readonly verificationToken: string; readonly expiresAt: number } | null;
}

/** What a caller brings to prove that a destination is theirs: the code, or the token of an earlier verifyOtp. */
export type Proof = { readonly code: string } | { readonly verificationToken: string };

export interface ClaimRequest {
  readonly slot: SlotName;
  readonly proof: Proof;
  /** When given, only a code of this challenge is meant. */
  readonly challengeId?: string;
  readonly requester: string;
  /** The input that holds the proof, for errors: `otpCode`. */
  readonly field: string;
  /** When given, the challenge must belong to this user; null stands for an unknown user and fits no challenge. */
  readonly onlyUser?: string | null;
}

/** An approval held for one action; `spend` consumes it. */
export interface Claim {
  readonly id: string;
  readonly key: SlotKey;
  readonly userId: string | null;
}

/** Runs the writes of an action in the transaction that consumes its claims. */
export type Commit = <T>(write: (unit: UnitOfWork) => Promise<T>) => Promise<T>;

interface Parts {
  readonly store: ChallengeStore;
  readonly units: UnitsOfWork;
  /** Null when Twilio was asked for and is not configured. */
  readonly provider: OtpProvider | null;
  readonly deliveries: Deliveries;
  readonly attempts: Attempts;
  /** Channels that are configured here. */
  readonly channels: readonly OtpChannel[];
  /** The current secret's keys first; older ones are accepted for checks only. */
  readonly keyrings: readonly [Keyring, ...Keyring[]];
  readonly policy: ChallengePolicy;
  readonly clock: Clock;
}

/** The verbs of a one-time code: send, verify, claim and spend (DESIGN section 4). */
export class OtpService {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /**
   * What can be refused without knowing the destination, to be asked before any look-up (invariant 8).
   * @throws AppError PROVIDER_NOT_CONFIGURED, CHANNEL_UNAVAILABLE
   */
  ensureCanSend(channel: OtpChannel): OtpProvider {
    const { provider, channels } = this.#parts;
    if (!provider) throw new AppError('PROVIDER_NOT_CONFIGURED');
    if (!channels.includes(channel))
      throw new AppError('CHANNEL_UNAVAILABLE', {
        message: 'This channel is not configured here',
        facts: { field: 'channel', channel, channels: alternativesTo(channel, channels) },
      });
    return provider;
  }

  /**
   * Sends a code, or the same code again, or nothing within the cool-down.
   * @throws AppError RESEND_TOO_SOON, RATE_LIMITED, MAX_ATTEMPTS_REACHED (destination closed), or the provider's refusal
   */
  async send(request: SendRequest): Promise<Challenge> {
    const { store, keyrings, policy, clock } = this.#parts;
    const { slot, channel, deliverable, userId } = request;
    const provider = this.ensureCanSend(channel);
    const key = slotKey(keyrings[0], slot);
    const by = requesterId(keyrings[0], key.destinationId, request.requester);
    const id = randomBytes(16).toString('base64url');
    const codeMac = provider.kind === 'local' ? macOfCode(keyrings[0], slotId(key), provider.codeOf(id)) : null;
    const rivals = provider.kind === 'remote' ? provider.rivalsOf(slot.purpose) : [];
    const now = clock();
    const fresh = { id, provider: provider.name, codeMac, userId };
    const result = await store.send(key, { by, now, channel, deliverable, fresh, rivals }, policy);
    const { outcome, challenge } = result;
    if (outcome === 'CLOSED') throw closed(result.guesses, by, now);
    if (result.catchesUp && challenge) await this.#deliver(key, { ...request, inBackground: true }, result, challenge);
    if (outcome === 'TOO_SOON') throw tooSoon(result.retryAt ?? now, now);
    if (!challenge) throw new Error('a send left no challenge');
    if (outcome === 'LIMITED') throw sentTooOften(challenge, now);
    if (outcome === 'START' || outcome === 'RESEND') return this.#deliver(key, request, result, challenge);
    const { deliveries } = this.#parts;
    const settled =
      outcome === 'DELIVERING' && !request.inBackground ? await deliveries.outcomeOf(key, challenge) : challenge;
    if (settled.sentBy === by && settled.channel === channel) return settled;
    throw tooSoon(settled.resendAfter, now);
  }

  /**
   * Checks a code without spending it: a right one is kept as an approval for the action of its purpose.
   * @param challengeId when given, only this challenge is meant
   * @throws AppError OTP_EXPIRED, MAX_ATTEMPTS_REACHED
   */
  async verify(slot: SlotName, code: string, requester: string, challengeId: string | null): Promise<VerifyResult> {
    const verificationToken = randomBytes(32).toString('base64url');
    const intent = { verify: { tokenHash: hashToken(verificationToken) } };
    const tried = await this.#parts.attempts.try(slot, code, requester, { challengeId, intent });
    const { outcome, approval, remaining } = tried;
    const token = outcome === 'APPROVED' && approval ? { verificationToken, expiresAt: approval.expiresAt } : null;
    return { valid: token !== null, attemptsRemaining: remaining, token };
  }

  /**
   * Which of these slots, all of one purpose, holds a challenge of this user.
   * @returns ELSEWHERE when its code still works, but for something else than these slots are bound to; null when there
   *   is none
   */
  async locate(
    challengeId: string,
    slots: readonly SlotName[],
    userId: string,
  ): Promise<SlotName | 'ELSEWHERE' | null> {
    for (const keyring of this.#parts.keyrings) {
      const keys = slots.map((slot) => slotKey(keyring, slot));
      const destinationIds = keys.map((key) => key.destinationId);
      const found = await this.#parts.store.locate(destinationIds, challengeId);
      if (!found) continue;
      const at = keys.findIndex((key) => slotId(key) === slotId(found.key));
      if (at >= 0) return slots[at]!;
      const samePurpose = purposeOf(found.key) === slots[0]?.purpose;
      if (samePurpose && stillWorks(found.slot, challengeId, userId, this.#parts.clock())) return 'ELSEWHERE';
    }
    return null;
  }

  /**
   * Takes a proof for one action: nobody else can spend it until `spend` ends.
   * @throws AppError OTP_INVALID, OTP_EXPIRED, MAX_ATTEMPTS_REACHED, SERVICE_UNAVAILABLE (another action holds it)
   */
  async claim(request: ClaimRequest): Promise<Claim> {
    const { slot, proof, requester, onlyUser, challengeId = null } = request;
    if ('verificationToken' in proof) return this.#claimToken(request, proof.verificationToken);
    const id = randomBytes(16).toString('base64url');
    const intent = { action: { claimId: id } };
    const tried = await this.#parts.attempts.try(slot, proof.code, requester, { challengeId, intent, onlyUser });
    if (tried.outcome === 'APPROVED') return { id, key: tried.key, userId: tried.approval?.userId ?? null };
    throw new AppError('OTP_INVALID', { facts: { field: request.field, attemptsRemaining: tried.remaining } });
  }

  /**
   * Takes several proofs for one action, all or none.
   * @throws AppError as `claim`
   */
  async claimAll(wanted: readonly ClaimRequest[]): Promise<Claim[]> {
    const claims: Claim[] = [];
    try {
      for (const request of wanted) claims.push(await this.claim(request));
      return claims;
    } catch (error) {
      await this.#giveBack(claims, null);
      throw error;
    }
  }

  /**
   * Runs an action on claimed approvals. `work` gets `commit`, whose writes land in the one transaction that also
   * consumes the claims. When the action fails, the approvals can be spent again with the same codes (invariant 9).
   */
  async spend<T>(claims: readonly Claim[], work: (commit: Commit) => Promise<T>): Promise<T> {
    const { store, units, clock } = this.#parts;
    const commit: Commit = (write) =>
      units.run(async (unit) => {
        for (const claim of claims) {
          const consumed = await store.consume(claim.key, claim.id, clock(), unit);
          if (!consumed) throw new AppError('OTP_EXPIRED', { reason: 'the claim lapsed before its commit' });
        }
        return write(unit);
      });
    try {
      return await work(commit);
    } catch (error) {
      const code = error instanceof AppError ? error.code : null;
      const givenBack = this.#giveBack(claims, code === 'ACCOUNT_EXISTS' ? MAX_REFUSALS : null);
      // With the database down nobody waits for it twice.
      if (code !== 'SERVICE_UNAVAILABLE') await givenBack;
      throw error;
    }
  }

  /** Ends what a user's codes in some slots can still do, in the transaction of a change that makes them stale. */
  async revoke(slots: readonly SlotName[], userId: string, unit: UnitOfWork): Promise<void> {
    const { store, keyrings } = this.#parts;
    for (const keyring of keyrings) for (const slot of slots) await store.revoke(slotKey(keyring, slot), userId, unit);
  }

  async #deliver(key: SlotKey, request: SendRequest, result: SendResult, challenge: Challenge): Promise<Challenge> {
    const { deliveries, channels } = this.#parts;
    const { channel, locale, deliverable } = request;
    const { destination: to, purpose, payment } = request.slot;
    const message = { to, purpose, channel, locale, payment, deliverable, superseded: result.superseded };
    if (request.inBackground) deliveries.deliverInBackground(key, challenge, message);
    else
      await deliveries
        .deliver(key, challenge, message)
        .catch((error: unknown) => adviseChannels(error, channel, channels));
    return challenge;
  }

  async #claimToken({ slot, field, onlyUser }: ClaimRequest, token: string): Promise<Claim> {
    const id = randomBytes(16).toString('base64url');
    for (const keyring of this.#parts.keyrings) {
      const key = slotKey(keyring, slot);
      const ask = { now: this.#parts.clock(), tokenHash: hashToken(token), claimId: id, onlyUser };
      const { outcome, approval } = await this.#parts.store.takeToken(key, ask);
      if (outcome === 'APPROVED') return { id, key, userId: approval?.userId ?? null };
      if (outcome === 'BUSY') throw heldByAnother();
    }
    throw new AppError('OTP_EXPIRED', { facts: { field } });
  }

  /** Best effort: with the database down, a claim lapses by itself. */
  async #giveBack(claims: readonly Claim[], maxRefusals: number | null): Promise<void> {
    await Promise.allSettled(claims.map((claim) => this.#parts.store.release(claim.key, claim.id, maxRefusals)));
  }
}

/** Tokens carry 256 random bits, so a plain hash at rest is enough: there is nothing to guess. */
function hashToken(token: string): string {
  return createHash('sha256').update(token).digest('base64url');
}

function sentTooOften(challenge: Challenge, now: number): AppError {
  return new AppError('RATE_LIMITED', {
    message: `This code was sent ${MAX_SENDS} times already; try again later`,
    facts: { retryAfterSeconds: secondsUntil(challenge.expiresAt - MIN_LIFE_FOR_RESEND_MS + 1, now) },
  });
}

function stillWorks({ challenge, approval }: Slot, challengeId: string, userId: string, now: number): boolean {
  const pending = isPending(challenge, now) && challenge.id === challengeId && challenge.userId === userId;
  const approved = approval?.challengeId === challengeId && approval.expiresAt > now && approval.userId === userId;
  return pending || approved;
}

function tooSoon(retryAt: number, now: number): AppError {
  return new AppError('RESEND_TOO_SOON', { facts: { retryAfterSeconds: secondsUntil(retryAt, now) } });
}

/** The channel is never switched silently: a refusal names the others that reach the same destination. */
function adviseChannels(error: unknown, channel: OtpChannel, configured: readonly OtpChannel[]): never {
  const advisable =
    error instanceof AppError && (error.code === 'CHANNEL_UNAVAILABLE' || error.code === 'DESTINATION_BLOCKED');
  if (!advisable) throw error;
  const facts = { ...error.facts, channel, channels: alternativesTo(channel, configured) };
  throw new AppError(error.code, { message: error.message, facts, ...(error.reason && { reason: error.reason }) });
}

function alternativesTo(channel: OtpChannel, configured: readonly OtpChannel[]): OtpChannel[] {
  return configured.filter((other) => other !== channel && (other === 'EMAIL') === (channel === 'EMAIL'));
}
