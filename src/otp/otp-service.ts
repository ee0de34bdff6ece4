import { randomBytes } from 'node:crypto';
import type { Clock } from '../clock.ts';
import { AppError } from '../errors.ts';
import type { Keyring } from '../keyring.ts';
import { hashToken } from '../opaque-token.ts';
import {
  isPending,
  type BoundPurpose,
  type Challenge,
  type ChallengePolicy,
  type CodeOwner,
  type Destination,
  type NeutralPurpose,
  type OpenPurpose,
  type OtpChannel,
  type Slot,
} from './challenge.ts';
import type { CodeChecker } from './code-checker.ts';
import type { Deliveries } from './delivery.ts';
import type { Destinations, Landed } from './destinations.ts';
import { macOfCode } from './one-time-code.ts';
import type { OtpProvider } from './provider.ts';
import { closed, exhausted, notConfigured, sentTooOften, tooSoon, withChannels } from './refusals.ts';
import type { SendRequestFacts } from './asked-challenge.ts';
import { decideSend, type SendDecision } from './send-rules.ts';
import { purposeOf, slotId, slotKey, type SlotKey, type SlotName } from './slot.ts';
import { requesterIds, type Requester } from './requester.ts';

/**
 * Who a code is for. By its purpose a request is of one kind, and the kind decides what is sent, and when it is answered:
 * - open: to anybody who asks.
 * - neutral: to the user who has proven the destination; for null a decoy stands that never approves. It is answered before
 *   the provider does, so that neither the answer nor its time tells whether there is a user (invariant 8).
 * - bound: to a user who is signed in, for one action.
 */
type Recipient =
  | { readonly kind: 'open'; readonly slot: SlotName<OpenPurpose> }
  | { readonly kind: 'neutral'; readonly slot: SlotName<NeutralPurpose>; readonly user: CodeOwner | null }
  | { readonly kind: 'bound'; readonly slot: SlotName<BoundPurpose>; readonly user: CodeOwner };

/** How a code is asked for. */
export interface Asking {
  readonly channel: OtpChannel;
  /** The message's language (BCP 47); the provider chooses when it is null. */
  readonly locale: string | null;
  readonly requester: Requester;
}

export type SendRequest = Asking & Recipient;

/** What a request for a code leads to. */
export interface Sent {
  readonly challenge: Challenge;
  /** False for the same answer again, within the cool-down or while another request was sending: no message was for it. */
  readonly isNew: boolean;
}

export interface VerifyResult {
  readonly valid: boolean;
  readonly attemptsRemaining: number;
  /** Single use, bound to the slot; present when valid. */
  readonly token: { readonly verificationToken: string; readonly expiresAt: number } | null;
}

interface Parts {
  readonly destinations: Destinations;
  /** Null when Twilio was asked for and is not configured. */
  readonly provider: OtpProvider | null;
  readonly deliveries: Deliveries;
  readonly checker: CodeChecker;
  /** Channels that are configured here. */
  readonly channels: readonly OtpChannel[];
  /** The current secret's keys first; older ones are accepted for checks only. */
  readonly keyrings: readonly [Keyring, ...Keyring[]];
  readonly policy: ChallengePolicy;
  readonly clock: Clock;
}

/** Sends and verifies one-time codes (DESIGN section 4). */
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
    if (!channels.includes(channel)) throw notConfigured(channel, channels);
    return provider;
  }

  /**
   * Sends a code, or the same code again, or nothing within the cool-down.
   * @throws AppError RESEND_TOO_SOON, RATE_LIMITED, MAX_ATTEMPTS_REACHED (the destination is closed, or no attempt is left
   *   at a code that others wait for), or the provider's refusal
   */
  async send(request: SendRequest): Promise<Sent> {
    const { destinations, keyrings, policy, clock, deliveries } = this.#parts;
    const provider = this.ensureCanSend(request.channel);
    const key = slotKey(keyrings[0], request.slot);
    const facts = this.#factsOf(request, key, provider);
    const landed = await destinations.change(key.destinationId, (destination, now) =>
      decideSend(destination, key.name, facts, policy, now),
    );
    const { outcome, challenge, sendsLate, retryAt, destination } = landed.decision;
    if (sendsLate) this.#deliverInBackground(key, request, landed);
    const now = clock();
    if (outcome === 'CLOSED') throw closed(destination, facts.requester, now);
    if (outcome === 'TOO_SOON') throw tooSoon(retryAt ?? now, now);
    if (outcome === 'LIMITED') throw sentTooOften(retryAt ?? now, now);
    if (outcome === 'EXHAUSTED') throw exhausted(retryAt ?? now, now);
    if (!challenge) throw new Error('a send left no challenge');
    if (outcome === 'START' || outcome === 'RESEND') {
      if (request.kind === 'neutral') this.#deliverInBackground(key, request, landed);
      else await this.#deliver(key, request, landed);
      return { challenge, isNew: true };
    }
    const waits = outcome === 'DELIVERING' && request.kind !== 'neutral';
    const settled = waits ? await deliveries.outcomeOf(key, challenge) : challenge;
    if (settled.sentBy === facts.requester.id && settled.channel === request.channel)
      return { challenge: settled, isNew: false };
    throw tooSoon(settled.resendAfter, now);
  }

  /**
   * Checks a code without spending it: a right one is kept as an approval for the action of its purpose. Whoever gave it
   * gets the same answer when they give it again, for two requests that a form sends at once (invariant 1).
   * @param challengeId when given, only this challenge is meant
   * @throws AppError OTP_EXPIRED, MAX_ATTEMPTS_REACHED
   */
  async verify(slot: SlotName, code: string, requester: Requester, challengeId: string | null): Promise<VerifyResult> {
    let verificationToken = '';
    const intentAt = (key: SlotKey, keyring: Keyring) => ({
      verify: {
        tokenHashOf: (approvedId: string) => {
          verificationToken = keyring.mac('verification-token', `${slotId(key)}\n${approvedId}`);
          return hashToken(verificationToken);
        },
      },
    });
    const checked = await this.#parts.checker.check({ slot, code, requester, challengeId, intentAt });
    const { outcome, approval, attemptsRemaining } = checked;
    const token = outcome === 'APPROVED' && approval ? { verificationToken, expiresAt: approval.expiresAt } : null;
    return { valid: token !== null, attemptsRemaining, token };
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
    const { destinations, keyrings, clock } = this.#parts;
    for (const keyring of keyrings)
      for (const slot of slots) {
        const key = slotKey(keyring, slot);
        const found = slotWith(await destinations.read(key.destinationId), challengeId);
        if (!found) continue;
        if (found.name === key.name) return slot;
        const isSamePurpose = purposeOf(found.name) === slot.purpose;
        return isSamePurpose && stillWorks(found.slot, challengeId, userId, clock()) ? 'ELSEWHERE' : null;
      }
    return null;
  }

  #factsOf(request: SendRequest, key: SlotKey, provider: OtpProvider): SendRequestFacts {
    const [keyring] = this.#parts.keyrings;
    const { slot, channel, requester } = request;
    const id = randomBytes(16).toString('base64url');
    const codeMac = provider.kind === 'local' ? macOfCode(keyring, slotId(key), provider.codeOf(id)) : null;
    return {
      requester: requesterIds(keyring, key.destinationId, requester),
      channel,
      deliverable: isDeliverable(request),
      newChallenge: { id, provider: provider.name, codeMac, ...ownerOf(request) },
      sharedPurposes: provider.kind === 'remote' ? provider.rivalsOf(slot.purpose) : [],
    };
  }

  async #deliver(key: SlotKey, request: SendRequest, landed: Landed<SendDecision>): Promise<void> {
    const { deliveries, channels } = this.#parts;
    await deliveries.deliver(messageOf(key, request, landed)).catch((error: unknown) => {
      throw withChannels(error, request.channel, channels);
    });
  }

  #deliverInBackground(key: SlotKey, request: SendRequest, landed: Landed<SendDecision>): void {
    this.#parts.deliveries.deliverInBackground(messageOf(key, request, landed));
  }
}

function ownerOf(request: SendRequest): Pick<Challenge, 'userId' | 'authVersion'> {
  const user = request.kind === 'open' ? null : request.user;
  return { userId: user?.id ?? null, authVersion: user?.authVersion ?? null };
}

function isDeliverable(request: SendRequest): boolean {
  return request.kind !== 'neutral' || request.user !== null;
}

function messageOf(key: SlotKey, request: SendRequest, { decision, stored }: Landed<SendDecision>) {
  const { channel, locale, slot } = request;
  const { destination: to, purpose, payment } = slot;
  const { superseded } = decision;
  const challenge = decision.challenge!;
  return {
    key,
    challenge,
    stored,
    to,
    purpose,
    channel,
    locale,
    payment,
    superseded,
    deliverable: isDeliverable(request),
  };
}

/** The slot that holds this challenge or its approval, whatever state they are in. */
function slotWith({ slots }: Destination, challengeId: string): { name: string; slot: Slot } | null {
  for (const [name, slot] of Object.entries(slots))
    if (slot.challenge?.id === challengeId || slot.approval?.challengeId === challengeId) return { name, slot };
  return null;
}

function stillWorks({ challenge, approval }: Slot, challengeId: string, userId: string, now: number): boolean {
  const pending = isPending(challenge, now) && challenge.id === challengeId && challenge.userId === userId;
  const approved = approval?.challengeId === challengeId && approval.expiresAt > now && approval.userId === userId;
  return pending || approved;
}
