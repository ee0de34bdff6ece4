import {
  forgottenAt,
  NO_GUESSES,
  type Approval,
  type Challenge,
  type ChallengePolicy,
  type Guesses,
  type Slot,
} from '../../src/otp/challenge.ts';
import type { ChallengeStore, SendResult, SlotKey, TryResult } from '../../src/otp/ports.ts';
import type { UnitOfWork, UnitsOfWork } from '../../src/unit-of-work.ts';
import { decideSend, settleSend, type DeliveryEnd, type SendAsk } from '../../src/otp/sending.ts';
import { decideGuess, forgiveGuess } from '../../src/otp/guessing.ts';
import { BINDING_MARK } from '../../src/otp/slot.ts';
import {
  decideToken,
  decideTry,
  settleTry,
  type Settlement,
  type TokenAsk,
  type TryAsk,
} from '../../src/otp/trying.ts';

/** Everything that a store keeps about one slot, for comparing stores. */
export interface SlotState {
  readonly challenge: Challenge | null;
  readonly approval: Approval | null;
  readonly guesses: Guesses;
}

/** Nothing of a slot counts any more, here or at a provider. */
function isOver({ challenge, approval }: Slot, now: number, policy: ChallengePolicy): boolean {
  return (!challenge || forgottenAt(challenge, policy) <= now) && (!approval || approval.expiresAt <= now);
}

const EMPTY: Slot = { challenge: null, approval: null };

/** Challenges in memory, decided by the pure rules: what every other store is compared with. */
export class MemoryChallengeStore implements ChallengeStore, UnitsOfWork {
  #slots = new Map<string, Slot>();
  #guesses = new Map<string, Guesses>();

  send(key: SlotKey, ask: SendAsk, policy: ChallengePolicy): Promise<SendResult> {
    const others = this.#slotsOf(key.destinationId).filter(({ name }) => name !== key.name);
    const rivalKeys = others.filter(({ name }) => (ask.rivals as string[]).includes(name.split(BINDING_MARK)[0]!));
    const rivals = rivalKeys.map((rival) => this.#slot(rival).challenge);
    const { guesses } = this.state(key);
    const decision = decideSend(this.#slot(key), guesses, ask, policy, rivals);
    const { outcome, challenge, superseded, catchesUp, retryAt } = decision;
    this.#write(key, { ...this.#slot(key), challenge });
    for (const [index, rival] of rivalKeys.entries())
      this.#write(rival, { ...this.#slot(rival), challenge: decision.rivals[index] ?? null });
    for (const other of others.filter(({ name }) => name.includes(BINDING_MARK)))
      if (isOver(this.#slot(other), ask.now, policy)) this.#slots.delete(`${key.destinationId}/${other.name}`);
    return Promise.resolve({ outcome, challenge, guesses, superseded, catchesUp, retryAt });
  }

  settleSend(key: SlotKey, challengeId: string, end: DeliveryEnd, now: number): Promise<void> {
    const { challenge } = this.#slot(key);
    if (challenge?.id === challengeId)
      this.#write(key, { ...this.#slot(key), challenge: settleSend(challenge, end, now) });
    return Promise.resolve();
  }

  find(key: SlotKey): Promise<Challenge | null> {
    return Promise.resolve(this.#slot(key).challenge);
  }

  locate(destinationIds: readonly string[], challengeId: string): Promise<{ key: SlotKey; slot: Slot } | null> {
    const keys = destinationIds.flatMap((id) => this.#slotsOf(id));
    const key = keys.find((candidate) => {
      const { challenge, approval } = this.#slot(candidate);
      return challenge?.id === challengeId || approval?.challengeId === challengeId;
    });
    return Promise.resolve(key ? { key, slot: this.#slot(key) } : null);
  }

  tryCode(key: SlotKey, ask: TryAsk, policy: ChallengePolicy): Promise<TryResult> {
    const { outcome, slot, guesses } = decideTry(this.#slot(key), this.state(key).guesses, ask, policy);
    this.#write(key, slot);
    this.#guesses.set(key.destinationId, guesses);
    return Promise.resolve({ outcome, ...slot, guesses });
  }

  settleTry(key: SlotKey, settlement: Settlement) {
    const { outcome, slot, guesses } = settleTry(this.#slot(key), this.state(key).guesses, settlement);
    this.#write(key, slot);
    this.#guesses.set(key.destinationId, guesses);
    return Promise.resolve({ outcome, approval: slot.approval });
  }

  takeToken(key: SlotKey, ask: TokenAsk) {
    const { outcome, slot } = decideToken(this.#slot(key), ask);
    this.#write(key, slot);
    return Promise.resolve({ outcome, approval: slot.approval });
  }

  release(key: SlotKey, claimId: string, maxRefusals: number | null): Promise<void> {
    const { approval } = this.#slot(key);
    if (approval?.claim?.id !== claimId) return Promise.resolve();
    const refusals = approval.refusals + (maxRefusals === null ? 0 : 1);
    const ended = maxRefusals !== null && refusals >= maxRefusals;
    this.#write(key, { ...this.#slot(key), approval: ended ? null : { ...approval, claim: null, refusals } });
    return Promise.resolve();
  }

  consume(key: SlotKey, claimId: string, now: number, _transaction: UnitOfWork): Promise<boolean> {
    const { approval } = this.#slot(key);
    if (approval?.claim?.id !== claimId || approval.expiresAt <= now) return Promise.resolve(false);
    this.#write(key, { ...this.#slot(key), approval: null });
    return Promise.resolve(true);
  }

  revoke(key: SlotKey, userId: string, _transaction: UnitOfWork): Promise<void> {
    const { challenge, approval } = this.#slot(key);
    const ends = challenge?.userId === userId && challenge.status === 'pending';
    this.#write(key, {
      challenge: ends ? { ...challenge, status: 'canceled', userId: null } : challenge,
      approval: approval?.userId === userId ? null : approval,
    });
    return Promise.resolve();
  }

  guess(subjectId: string, by: string, now: number): Promise<{ allowed: boolean; guesses: Guesses }> {
    const decision = decideGuess(this.#guesses.get(subjectId) ?? NO_GUESSES, by, now);
    this.#guesses.set(subjectId, decision.guesses);
    return Promise.resolve(decision);
  }

  forgiveGuess(subjectId: string, by: string, at: number): Promise<void> {
    this.#guesses.set(subjectId, forgiveGuess(this.#guesses.get(subjectId) ?? NO_GUESSES, by, at));
    return Promise.resolve();
  }

  /** One transaction at a time is all that a reference needs: what it wrote is undone when the work fails. */
  async run<T>(work: (unit: UnitOfWork) => Promise<T>): Promise<T> {
    const before = { slots: new Map(this.#slots), guesses: new Map(this.#guesses) };
    try {
      return await work({} as UnitOfWork);
    } catch (error) {
      this.#slots = before.slots;
      this.#guesses = before.guesses;
      throw error;
    }
  }

  state(key: SlotKey): SlotState {
    return { ...this.#slot(key), guesses: this.#guesses.get(key.destinationId) ?? NO_GUESSES };
  }

  #slotsOf(destinationId: string): SlotKey[] {
    const names = [...this.#slots.keys()].map((id) => id.split('/'));
    return names.filter(([id]) => id === destinationId).map(([, name]) => ({ destinationId, name: name! }));
  }

  #slot(key: SlotKey): Slot {
    return this.#slots.get(`${key.destinationId}/${key.name}`) ?? EMPTY;
  }

  #write(key: SlotKey, slot: Slot): void {
    this.#slots.set(`${key.destinationId}/${key.name}`, slot);
  }
}
