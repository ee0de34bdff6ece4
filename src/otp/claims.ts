import { randomBytes } from 'node:crypto';
import type { Clock } from '../clock.ts';
import { AppError, hasCode } from '../errors.ts';
import type { Keyring } from '../keyring.ts';
import { hashToken } from '../opaque-token.ts';
import type { UnitOfWork, UnitsOfWork } from '../unit-of-work.ts';
import type { Background } from './background.ts';
import type { CodeOwner, Destination } from './challenge.ts';
import { CLAIM_LIFE_MS, claimByToken, consume, release } from './claim-rules.ts';
import type { CodeChecker } from './code-checker.ts';
import type { Destinations } from './destinations.ts';
import type { StoredDestination } from './ports.ts';
import { stillHeld } from './refusals.ts';
import { slotKey, type SlotKey, type SlotName } from './slot.ts';
import { HOLDER_PATIENCE_MS, untilFree } from './waiting.ts';
import type { Requester } from './requester.ts';

/** What a caller brings to prove that a destination is theirs: the code, or the token of an earlier verifyOtp. */
export type Proof = ({ readonly code: string } | { readonly verificationToken: string }) & {
  /** The input that holds it, for errors: `otpCode`. */
  readonly field: string;
};

export interface ClaimRequest {
  readonly slot: SlotName;
  readonly proof: Proof;
  /** When given, only a code of this challenge is meant. */
  readonly challengeId?: string;
  readonly requester: Requester;
  /** When given, the challenge must belong to this user as read; null stands for an unknown one and fits no challenge. */
  readonly onlyUser?: CodeOwner | null;
}

/** An approval held for one action; `spend` consumes it. */
export interface Claim {
  readonly id: string;
  readonly key: SlotKey;
  readonly userId: string | null;
  /** The destination as it was stored with this claim, to spare a reading. */
  readonly stored: StoredDestination | null;
}

/** Runs the writes of an action in the transaction that consumes its claims. */
export type Commit = <T>(write: (unit: UnitOfWork) => Promise<T>) => Promise<T>;

interface Parts {
  readonly destinations: Destinations;
  readonly checker: CodeChecker;
  readonly units: UnitsOfWork;
  readonly background: Background;
  /** The current secret's keys first; older ones are accepted for checks only. */
  readonly keyrings: readonly [Keyring, ...Keyring[]];
  readonly clock: Clock;
}

/** Takes proofs for an action, and spends them with it: once, and together with what the action writes (invariant 9). */
export class Claims {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /**
   * Takes a proof for one action: nobody else can spend it until `spend` ends. One who comes second waits for the first.
   * @throws AppError OTP_INVALID, OTP_EXPIRED, MAX_ATTEMPTS_REACHED, SERVICE_UNAVAILABLE (an action holds it for too long)
   */
  async claim(request: ClaimRequest): Promise<Claim> {
    const { slot, proof, requester, onlyUser, challengeId = null } = request;
    const id = randomBytes(16).toString('base64url');
    if ('verificationToken' in proof) return this.#claimByToken(request, id, proof.verificationToken);
    const intentAt = () => ({ action: { claimId: id } });
    const given = { slot, code: proof.code, requester, challengeId, onlyUser, intentAt };
    const checked = await this.#parts.checker.check(given).catch((error: unknown) => {
      // The claim may have landed although the answer was lost: nobody must wait for it to lapse.
      if (hasCode(error, 'SERVICE_UNAVAILABLE'))
        for (const key of this.#keysOf(slot)) this.#giveBackLater(key, id, false);
      throw error;
    });
    const { outcome, key, approval, stored, attemptsRemaining } = checked;
    if (outcome === 'APPROVED') return { id, key, userId: approval?.userId ?? null, stored };
    throw new AppError('OTP_INVALID', { facts: { field: proof.field, attemptsRemaining } });
  }

  /**
   * Takes several proofs for one action, all or none.
   * @param held what the action has claimed already: given back with the others
   * @returns the held ones and those that were taken
   * @throws AppError as `claim`
   */
  async claimAll(wanted: readonly ClaimRequest[], held: readonly Claim[] = []): Promise<Claim[]> {
    const claims = [...held];
    try {
      for (const request of wanted) claims.push(await this.claim(request));
      return claims;
    } catch (error) {
      await this.#giveBack(claims, error);
      throw error;
    }
  }

  /**
   * Runs an action on claimed approvals. `work` gets `commit`, whose writes land in the one transaction that also
   * consumes the claims. When the action fails, the approvals can be spent again with the same codes (invariant 9).
   */
  async spend<T>(claims: readonly Claim[], work: (commit: Commit) => Promise<T>): Promise<T> {
    const commit: Commit = (write) =>
      this.#parts.units.run(async (unit) => {
        for (const claim of claims) await this.#consume(claim, unit);
        return write(unit);
      });
    try {
      return await work(commit);
    } catch (error) {
      await this.#giveBack(claims, error);
      throw error;
    }
  }

  /** @throws AppError OTP_EXPIRED: the action must write nothing */
  async #consume({ id, key, stored }: Claim, unit: UnitOfWork): Promise<void> {
    const { destinationId, name } = key;
    const { isSpent } = await this.#parts.destinations.changeWithin(
      unit,
      destinationId,
      (before, now) => {
        const destination = consume(before, name, id, now);
        return { destination, isSpent: destination !== before };
      },
      stored,
    );
    if (!isSpent) throw new AppError('OTP_EXPIRED', { reason: 'the claim lapsed before its commit' });
  }

  async #claimByToken({ slot, proof, onlyUser }: ClaimRequest, claimId: string, token: string): Promise<Claim> {
    const { destinations } = this.#parts;
    const wanted = { tokenHash: hashToken(token), claimId, onlyUser };
    for (const key of this.#keysOf(slot)) {
      const { destinationId, name } = key;
      for (const giveUpAt = performance.now() + HOLDER_PATIENCE_MS; ;) {
        const { decision, stored } = await destinations.change(destinationId, (destination, now) =>
          claimByToken(destination, name, wanted, now),
        );
        if (decision.outcome === 'APPROVED')
          return { id: claimId, key, userId: decision.approval?.userId ?? null, stored };
        if (decision.outcome === 'ABSENT') break;
        if (performance.now() >= giveUpAt) throw stillHeld();
        await untilFree(destinations, key);
      }
    }
    throw new AppError('OTP_EXPIRED', { facts: { field: proof.field } });
  }

  /** With the database down nobody waits for it twice: the claims go back as soon as it is there again. */
  async #giveBack(claims: readonly Claim[], error: unknown): Promise<void> {
    const isRefusal = hasCode(error, 'ACCOUNT_EXISTS');
    if (hasCode(error, 'SERVICE_UNAVAILABLE'))
      for (const { key, id } of claims) this.#giveBackLater(key, id, isRefusal);
    else
      await Promise.all(
        claims.map(({ key, id }) =>
          this.#release(key, id, isRefusal).catch(() => this.#giveBackLater(key, id, isRefusal)),
        ),
      );
  }

  #giveBackLater(key: SlotKey, claimId: string, isRefusal: boolean): void {
    this.#parts.background.persist(() => this.#release(key, claimId, isRefusal), CLAIM_LIFE_MS);
  }

  async #release({ destinationId, name }: SlotKey, claimId: string, isRefusal: boolean): Promise<void> {
    const released = (destination: Destination) => ({ destination: release(destination, name, claimId, isRefusal) });
    await this.#parts.destinations.change(destinationId, released);
  }

  #keysOf(slot: SlotName): SlotKey[] {
    return this.#parts.keyrings.map((keyring) => slotKey(keyring, slot));
  }
}
