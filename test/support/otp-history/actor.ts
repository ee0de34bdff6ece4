import type { Connection } from 'mongoose';
import { AppError } from '../../../src/errors.ts';
import type { Challenge, ChallengePolicy, CodeOwner } from '../../../src/otp/challenge.ts';
import type { ClaimRequest, Proof } from '../../../src/otp/claims.ts';
import type { SendRequest } from '../../../src/otp/otp-service.ts';
import type { SlotName } from '../../../src/otp/slot.ts';
import { openHouse, type House } from './house.ts';
import { NO_CODE, RecordingEngine, TwilioLike } from './provider-edge.ts';
import {
  OTHER,
  OWNER,
  REQUESTERS,
  type Act,
  type Guess,
  type Locate,
  type Outdate,
  type Send,
  type Step,
  type Verify,
} from './steps.ts';
import type { WaitingClock } from './waiting-clock.ts';

export type ProviderKind = 'local' | 'twilio' | 'twilio, one service';

/** A history's surroundings. */
export interface Setting {
  readonly policy: ChallengePolicy;
  readonly provider: ProviderKind;
  /** Whether somebody has an account with this destination. */
  readonly hasUser: boolean;
}

/** What came of a step, in a word, and what its caller was told. */
export interface Told {
  /** START, RESEND and REPEAT of a send, RIGHT and WRONG of a code, DONE and UNDONE of an action, an error's code, or CUT. */
  readonly outcome: string;
  readonly answer?: unknown;
  /** What the rival of an action was told. */
  readonly rival?: string;
}

/** What is typed in a step. */
export interface Given {
  readonly code: string | null;
  /** A verification token. */
  readonly token: string | null;
  readonly challengeId: string | null;
}

class Abort extends Error {}

/** Everybody who asks something in a history, and the process that they ask. */
export class Actor {
  readonly edge: RecordingEngine | TwilioLike;
  readonly #connection: Connection;
  readonly #setting: Setting;
  readonly #clock: WaitingClock;
  readonly #challengeIds: string[] = [];
  readonly #tokens: string[] = [];
  readonly #authVersions = new Map([
    [OWNER, 0],
    [OTHER, 0],
  ]);
  #house: House;

  constructor(connection: Connection, setting: Setting, clock: WaitingClock) {
    const { provider } = setting;
    this.#connection = connection;
    this.#setting = setting;
    this.#clock = clock;
    const isOne = provider === 'twilio, one service';
    this.edge = provider === 'local' ? new RecordingEngine() : new TwilioLike(clock.now, isOne);
    this.#house = this.#open();
  }

  /** The process ends without a word, and another one goes on. */
  restart(): void {
    this.#house = this.#open();
  }

  /** Waits for what goes on after its answer. */
  async drain(): Promise<void> {
    await this.#house.background.drain();
  }

  /** Whose the codes of a slot are, as they are now. */
  ownerOf({ binding = OWNER }: SlotName): CodeOwner {
    return { id: binding, authVersion: this.#authVersions.get(binding)! };
  }

  /** What a step's words come to now: the code that went out last, the tokens and challenges told so far. */
  given(step: Step, { purpose }: SlotName): Given {
    const proof = step.kind === 'verify' ? step.code : step.kind === 'act' ? step.proof : null;
    const lastSent = () => this.edge.sent.findLast((one) => one.purpose === purpose)?.code ?? NO_CODE;
    const isToken = proof !== null && typeof proof !== 'string';
    const back = step.kind === 'verify' ? step.named : step.kind === 'locate' ? step.back : null;
    return {
      code: typeof proof !== 'string' ? null : proof === 'right' ? lastSent() : proof,
      token: isToken ? (this.#tokens.at(-1 - proof.tokenBack) ?? 'never made') : null,
      challengeId: back === null ? null : (this.#challengeIds.at(-1 - back) ?? 'never made'),
    };
  }

  /** @param present the challenge of the slot before */
  async take(step: Step, slot: SlotName, given: Given, present: Challenge | null): Promise<Told> {
    try {
      switch (step.kind) {
        case 'send':
          return await this.#send(step, slot, present);
        case 'verify':
          return await this.#verify(step, slot, given);
        case 'act':
          return await this.#act(step, slot, given);
        case 'outdate':
          return this.#outdate(step);
        case 'locate':
          return await this.#locate(step, slot, given.challengeId!);
        case 'guess':
          return await this.#guess(step, slot);
      }
    } catch (error) {
      return toldOf(error);
    }
  }

  async #send({ by, channel, isMeant }: Send, slot: SlotName, present: Challenge | null): Promise<Told> {
    const asking = { channel, locale: null, requester: REQUESTERS[by] };
    const isKnown = slot.binding !== undefined || (this.#setting.hasUser && isMeant);
    const user = isKnown ? this.ownerOf(slot) : null;
    const kind = slot.purpose === 'VERIFICATION' ? 'open' : slot.binding === undefined ? 'neutral' : 'bound';
    const { challenge } = await this.#house.otp.send({ kind, slot, user, ...asking } as SendRequest);
    const { id, expiresAt, resendAfter, sends } = challenge;
    const isNew = present?.id !== id;
    if (isNew) this.#challengeIds.push(id);
    const outcome = isNew ? 'START' : sends > present.sends ? 'RESEND' : 'REPEAT';
    return { outcome, answer: { channel: challenge.channel, expiresAt, resendAfter } };
  }

  async #verify({ by }: Verify, slot: SlotName, { code, challengeId }: Given): Promise<Told> {
    const answer = await this.#house.otp.verify(slot, code!, REQUESTERS[by], challengeId);
    if (answer.token) this.#tokens.push(answer.token.verificationToken);
    return { outcome: answer.valid ? 'RIGHT' : 'WRONG', answer };
  }

  async #act({ by, rival, isOwners, ending }: Act, slot: SlotName, { code, token }: Given): Promise<Told> {
    const { claims } = this.#house;
    const proof: Proof =
      token === null ? { code: code!, field: 'otpCode' } : { verificationToken: token, field: 'verificationToken' };
    const onlyUser = this.#setting.hasUser && isOwners ? this.ownerOf(slot) : null;
    const request = { slot, proof, ...(slot.purpose !== 'VERIFICATION' && { onlyUser }) };
    const claim = await claims.claim({ ...request, requester: REQUESTERS[by] });
    if (ending === 'dies') {
      this.restart();
      return { outcome: 'CUT' };
    }
    let rivals: Promise<string> | undefined;
    const outcome = await claims
      .spend([claim], async (commit) => {
        if (rival !== null) rivals = this.#rival({ ...request, requester: REQUESTERS[rival] });
        await commit(async () => endAs(ending));
      })
      .then(
        () => 'DONE',
        () => 'UNDONE',
      );
    return { outcome, ...(rivals && { rival: await rivals }) };
  }

  /** The same proof at the same time: it waits for the first, and then acts if it can. */
  async #rival(request: ClaimRequest): Promise<string> {
    const { claims } = this.#house;
    try {
      const claim = await claims.claim(request);
      await claims.spend([claim], (commit) => commit(async () => undefined));
      return 'DONE';
    } catch (error) {
      return toldOf(error).outcome;
    }
  }

  #outdate({ user }: Outdate): Told {
    this.#authVersions.set(user, this.#authVersions.get(user)! + 1);
    return { outcome: 'OUTDATED' };
  }

  async #locate({ user }: Locate, slot: SlotName, challengeId: string): Promise<Told> {
    const found = await this.#house.otp.locate(challengeId, [slot], user);
    return { outcome: found === null ? 'NOWHERE' : found === 'ELSEWHERE' ? found : 'HERE' };
  }

  async #guess({ by, isRight }: Guess, { destination }: SlotName): Promise<Told> {
    const forgive = await this.#house.budgets.spend(`user:${destination}`, REQUESTERS[by]);
    if (isRight) await forgive();
    return { outcome: isRight ? 'FORGIVEN' : 'SPENT' };
  }

  #open(): House {
    return openHouse(this.#connection, this.edge, this.#setting.policy, this.#clock);
  }
}

function endAs(ending: Act['ending']): void {
  if (ending === 'exists') throw new AppError('ACCOUNT_EXISTS');
  if (ending === 'loses') throw new AppError('SERVICE_UNAVAILABLE');
  if (ending === 'fails') throw new Abort();
}

/** A refusal; whatever else is thrown is a mistake of the heart. */
function toldOf(error: unknown): Told {
  if (!(error instanceof AppError)) throw error;
  const { code, message, facts } = error;
  return { outcome: code === 'OTP_INVALID' ? 'WRONG' : code, answer: { code, message, facts } };
}
