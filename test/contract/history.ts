import type { ChallengePolicy, OtpPurpose } from '../../src/otp/challenge.ts';
import type { ChallengeStore, SlotKey } from '../../src/otp/ports.ts';
import type { UnitsOfWork } from '../../src/unit-of-work.ts';
import type { Settlement } from '../../src/otp/trying.ts';
import { START, type Step } from '../support/arbitraries.ts';
import type { SlotState } from '../support/memory-challenge-store.ts';

/** A store under test and what surrounds it. */
export interface StoreUnderTest {
  readonly store: ChallengeStore;
  readonly units: UnitsOfWork;
  /** What the store keeps of a slot. */
  state(key: SlotKey): Promise<SlotState>;
}

/** One step of a history as it went. */
export interface Event {
  readonly step: Step;
  readonly now: number;
  readonly outcome: unknown;
  readonly before: SlotState;
  readonly after: SlotState;
}

type IdKind = 'challenge' | 'token' | 'claim';

class Abort extends Error {}

/** Plays a history on a store. Ids are counted, so that two stores hand out the same ones. */
export class History {
  readonly #under: StoreUnderTest;
  readonly #policy: ChallengePolicy;
  readonly #destinationId: string;
  readonly #ids: Record<IdKind, string[]> = { challenge: [], token: [], claim: [] };
  readonly #asked: (Omit<Settlement, 'verdict' | 'unanswered' | 'now'> & { key: SlotKey })[] = [];
  #now = START;

  constructor(under: StoreUnderTest, policy: ChallengePolicy, destinationId: string) {
    this.#under = under;
    this.#policy = policy;
    this.#destinationId = destinationId;
  }

  async play(step: Step): Promise<Event> {
    this.#now += step.pause;
    const key = { destinationId: this.#destinationId, name: step.slot };
    const before = await this.#under.state(key);
    const outcome = await this.#apply(key, step);
    return { step, now: this.#now, outcome, before, after: await this.#under.state(key) };
  }

  async #apply(key: SlotKey, step: Step): Promise<unknown> {
    const { store } = this.#under;
    const now = this.#now;
    switch (step.kind) {
      case 'send':
        return this.#send(key, step);
      case 'settle':
        return store.settleSend(key, this.#known('challenge', step.back), step.end, now);
      case 'verdict':
        return this.#settle(step);
      case 'try':
        return this.#try(key, step);
      case 'token': {
        const claimId = this.#next('claim');
        const tokenHash = this.#known('token', step.back);
        return store.takeToken(key, { now, tokenHash, claimId, onlyUser: step.onlyUser });
      }
      case 'release':
        return store.release(key, this.#known('claim', step.back), step.maxRefusals);
      case 'guess': {
        const guess = await store.guess(key.destinationId, step.by, now);
        if (guess.allowed && step.right) await store.forgiveGuess(key.destinationId, step.by, now);
        return guess;
      }
      case 'consume':
        return this.#consume(key, this.#known('claim', step.back), step.commits);
    }
  }

  async #send(key: SlotKey, step: Extract<Step, { kind: 'send' }>) {
    const { by, channel, deliverable, code, userId, remote } = step;
    const provider = remote ? 'twilio' : 'local';
    const fresh = { id: this.#next('challenge'), provider, codeMac: remote ? null : code, userId };
    const rivals: OtpPurpose[] = step.rivals ? ['VERIFICATION', 'LOGIN'] : [];
    const ask = { by, now: this.#now, channel, deliverable, fresh, rivals };
    const result = await this.#under.store.send(key, ask, this.#policy);
    // In whichever order a store names them.
    return { ...result, superseded: result.superseded.map(({ ref }) => String(ref)).sort() };
  }

  /** What a provider says of an attempt that was counted earlier, however late. */
  #settle({ back, verdict, unanswered }: Extract<Step, { kind: 'verdict' }>) {
    const asked = this.#asked.at(-1 - back);
    if (!asked) return Promise.resolve('nothing was asked');
    const { key, ...attempt } = asked;
    return this.#under.store.settleTry(key, { ...attempt, verdict, unanswered, now: this.#now });
  }

  async #try(key: SlotKey, { by, code, action, named, onlyUser }: Extract<Step, { kind: 'try' }>) {
    const intent = action
      ? { action: { claimId: this.#next('claim') } }
      : { verify: { tokenHash: this.#next('token') } };
    const challengeId = named === null ? null : this.#known('challenge', named);
    const ask = { by, now: this.#now, codeMac: code, challengeId, onlyUser, intent };
    const result = await this.#under.store.tryCode(key, ask, this.#policy);
    if (result.outcome === 'ASK') {
      const { id } = result.challenge!;
      this.#asked.push({ key, challengeId: id, by, askedAt: this.#now, codeMac: code, intent });
    }
    return result;
  }

  /** Whether the claim was spent, and whether that was committed. */
  async #consume(key: SlotKey, claimId: string, commits: boolean): Promise<unknown> {
    const { store, units } = this.#under;
    let consumed: boolean | undefined;
    try {
      await units.run(async (unit) => {
        consumed = await store.consume(key, claimId, this.#now, unit);
        if (!commits) throw new Abort();
      });
    } catch (error) {
      if (!(error instanceof Abort)) throw error;
    }
    return { consumed, commits };
  }

  #next(kind: IdKind): string {
    const id = `${kind}-${this.#ids[kind].length}`;
    this.#ids[kind].push(id);
    return id;
  }

  #known(kind: IdKind, back: number): string {
    return this.#ids[kind].at(-1 - back) ?? 'never-made';
  }
}
