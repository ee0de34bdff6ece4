// What delivers codes, and with some providers makes and compares them. Adapters implement it.
import { AppError, type ErrorCode, type PublicFacts } from '../errors.ts';
import type { OtpChannel, OtpPurpose } from './challenge.ts';
import type { Payment } from './slot.ts';

/** A message to hand over. */
export interface Delivery {
  readonly to: string;
  readonly channel: OtpChannel;
  readonly purpose: OtpPurpose;
  readonly codeId: string;
  /** BCP 47; the provider chooses when it is null. */
  readonly locale: string | null;
  /** What the code confirms, for the message to show; TRANSACTION only. */
  readonly payment?: Payment | undefined;
}

/** Delivers codes. The local engine makes them itself and the store compares; a remote provider makes and compares them. */
export type OtpProvider = LocalEngine | RemoteProvider;

export interface LocalEngine {
  readonly kind: 'local';
  readonly name: string;
  /** The code with this name: the same whenever it is asked for. */
  codeOf(codeId: string): string;
  /** @throws ProviderFailure */
  start(delivery: Delivery): Promise<void>;
}

export interface RemoteProvider {
  readonly kind: 'remote';
  readonly name: string;
  /** @throws ProviderFailure; with reach `unknown` the message may have been sent all the same */
  start(delivery: Delivery): Promise<RemoteVerification>;
  /** Asked once, never again by itself. @throws ProviderFailure */
  check(check: RemoteCheck): Promise<CheckVerdict>;
  /** Ends a verification, so that the next start for its number makes a new code. @throws ProviderFailure */
  cancel(verification: Omit<RemoteCheck, 'code' | 'payment'>): Promise<void>;
  /** The purposes that share this one's service, itself among them: two pending codes for one number are one code there. */
  rivalsOf(purpose: OtpPurpose): readonly OtpPurpose[];
  /**
   * Stands for a call that must not be made: it waits for its turn as a real one, takes as long as a recent one did, and
   * fails where a real one would (invariant 8).
   * @throws ProviderFailure
   */
  pretend(verb: 'start' | 'check', purpose: OtpPurpose): Promise<void>;
}

/** A verification at the provider; `ref` is null when the answer that names it was lost. */
export interface RemoteVerification {
  readonly ref: string | null;
}

export interface RemoteCheck extends RemoteVerification {
  readonly to: string;
  readonly purpose: OtpPurpose;
  readonly code: string;
  readonly payment?: Payment | undefined;
}

/** GONE: expired, used or canceled at the provider. */
export type CheckVerdict = 'APPROVED' | 'WRONG' | 'GONE' | 'NO_CHECKS_LEFT';

/** How far a failed call came: `none`, nothing left this machine; `answered`, a definite refusal; `unknown`, the answer was lost. */
export type Reach = 'none' | 'answered' | 'unknown';

/** A provider's failure, already in public terms; `reason` is for the operator. */
export class ProviderFailure extends AppError {
  readonly reach: Reach;
  /** True when the provider is to blame: silence, a broken connection, a 5xx. Never for what a client can cause. */
  readonly isOutage: boolean;
  constructor(code: ErrorCode, reach: Reach, options: { reason: string; facts?: PublicFacts; isOutage?: boolean }) {
    super(code, options);
    this.reach = reach;
    this.isOutage = options.isOutage ?? false;
  }
}
