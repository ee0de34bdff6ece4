// The outside world of a history: who delivers the codes, and with Twilio makes and compares them.
import type { Clock } from '../../../src/clock.ts';
import {
  ProviderFailure,
  type CheckVerdict,
  type Delivery,
  type LocalEngine,
  type RemoteCheck,
  type RemoteProvider,
  type RemoteVerification,
} from '../../../src/otp/provider.ts';

/** Few codes, so that two challenges often share one, and a guess is often right. */
export const CODES = ['000000', '000001', '123456', '999999'] as const;
/** Never one of them. */
export const NO_CODE = '555555';
const LIFE_MS = 600_000;
const MAX_CHECKS = 5;

/**
 * How the next calls go. `lost`: they take effect, and their answer never arrives. `refused`: a definite no. `unreached`:
 * the call never left. `cut`: this process ends before the answer.
 */
export type Weather = 'fine' | 'lost' | 'refused' | 'unreached' | 'cut';

/** A message that went out. */
export interface SentCode extends Delivery {
  readonly code: string;
}

/** What both kinds share: the weather, and the post. */
class Edge {
  readonly sent: SentCode[] = [];
  weather: Weather = 'fine';
  #onCut: () => void = () => undefined;
  #cut = new Promise<void>((resolve) => (this.#onCut = resolve));

  cut(): Promise<void> {
    return this.#cut;
  }

  protected post(delivery: Delivery, code: string): void {
    this.sent.push({ ...delivery, code });
  }

  /** Runs an effect, and answers as the weather is. */
  protected async answer<T>(effect: () => T): Promise<T> {
    if (this.weather === 'cut') return this.#never();
    if (this.weather === 'unreached')
      throw new ProviderFailure('SERVICE_UNAVAILABLE', 'none', { reason: 'not reached' });
    if (this.weather === 'refused') throw new ProviderFailure('PROVIDER_ERROR', 'answered', { reason: 'refused' });
    const result = effect();
    if (this.weather === 'lost') throw new ProviderFailure('SERVICE_UNAVAILABLE', 'unknown', { reason: 'timed out' });
    return result;
  }

  #never<T>(): Promise<T> {
    this.#onCut();
    this.#cut = new Promise<void>((resolve) => (this.#onCut = resolve));
    return new Promise(() => undefined);
  }
}

/** Codes made here, by the challenge's number. */
export class RecordingEngine extends Edge implements LocalEngine {
  readonly kind = 'local';
  readonly name = 'local';
  readonly provider = this;
  readonly checked = [];

  codeOf(codeId: string): string {
    const sum = [...codeId].reduce((total, letter) => total + letter.charCodeAt(0), 0);
    return CODES[sum % CODES.length]!;
  }

  async start(delivery: Delivery): Promise<void> {
    await this.answer(() => this.post(delivery, this.codeOf(delivery.codeId)));
  }
}

interface Verification {
  readonly ref: string;
  readonly service: string;
  readonly code: string;
  readonly startedAt: number;
  checks: number;
  hasEnded: boolean;
}

/** As Twilio Verify: one code per service and number while one is pending, five checks, gone once right. */
export class TwilioLike extends Edge implements RemoteProvider {
  readonly kind = 'remote';
  readonly name = 'twilio';
  readonly provider = this;
  readonly checked: { ref: string | null; code: string }[] = [];
  readonly #clock: Clock;
  readonly #hasOneService: boolean;
  readonly #verifications: Verification[] = [];

  constructor(clock: Clock, hasOneService: boolean) {
    super();
    this.#clock = clock;
    this.#hasOneService = hasOneService;
  }

  async start(delivery: Delivery): Promise<RemoteVerification> {
    return this.answer(() => {
      const service = this.rivalsOf(delivery.purpose).join();
      const verification = this.#pending(null, service) ?? this.#create(service);
      this.post(delivery, verification.code);
      return { ref: verification.ref };
    });
  }

  async check({ ref, purpose, code }: RemoteCheck): Promise<CheckVerdict> {
    return this.answer(() => {
      this.checked.push({ ref, code });
      const verification = this.#pending(ref, this.rivalsOf(purpose).join());
      if (!verification) return 'GONE';
      if (verification.checks >= MAX_CHECKS) return 'NO_CHECKS_LEFT';
      verification.checks += 1;
      if (verification.code !== code) return 'WRONG';
      verification.hasEnded = true;
      return 'APPROVED';
    });
  }

  async cancel({ ref, purpose }: Omit<RemoteCheck, 'code' | 'payment'>): Promise<void> {
    await this.answer(() => {
      const verification = this.#pending(ref, this.rivalsOf(purpose).join());
      if (verification) verification.hasEnded = true;
    });
  }

  rivalsOf(purpose: Delivery['purpose']): readonly Delivery['purpose'][] {
    return this.#hasOneService ? ['VERIFICATION', 'LOGIN', 'PASSWORD_RESET', 'PHONE_CHANGE'] : [purpose];
  }

  async pretend(): Promise<void> {
    // What is known of Twilio's being down is known without asking; a lost answer is not.
    if (this.weather === 'unreached') await this.answer(() => undefined);
  }

  #pending(ref: string | null, service: string): Verification | undefined {
    return this.#verifications.findLast(
      (one) =>
        one.service === service &&
        (ref === null || one.ref === ref) &&
        !one.hasEnded &&
        one.startedAt + LIFE_MS > this.#clock(),
    );
  }

  #create(service: string): Verification {
    const number = this.#verifications.length;
    const code = CODES[number % CODES.length]!;
    const fresh = { ref: `VE${number}`, service, code, startedAt: this.#clock(), checks: 0, hasEnded: false };
    this.#verifications.push(fresh);
    return fresh;
  }
}
