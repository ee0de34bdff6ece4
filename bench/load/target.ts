import type { Client } from './client.ts';
import type { Source } from './load.ts';

export const OPERATIONS = [
  'nothing',
  'otpPolicy',
  'me',
  'sendOtp',
  'verifyOtp',
  'registerWithOtp',
  'login',
  'refreshSession',
] as const;
/** What is measured; `nothing` is asked of the floor that does nothing. */
export type OperationName = (typeof OPERATIONS)[number];

export type TargetId = 'otpql' | 'against' | 'better-auth' | 'better-auth-limits' | 'floor' | 'apollo';

/** How much is asked of a target in one go. */
export interface Demand {
  /** How many calls at once. */
  readonly callers: number;
  readonly seconds: number;
  /** How many codes to send before an operation that spends one. */
  readonly codes: number;
}

/** Makes all that an operation's calls need; not measured. */
export type Prepare = (demand: Demand) => Promise<Source>;

/** Something that is measured: a server, with the operations that it can be asked. */
export interface Target {
  readonly id: TargetId;
  /** How it is called in tables. */
  readonly name: string;
  readonly pid: number;
  readonly client: Client;
  readonly operations: ReadonlyMap<OperationName, Prepare>;
}
