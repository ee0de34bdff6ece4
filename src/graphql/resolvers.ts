import { AccountResolver } from './account.resolver.ts';
import { ChangesResolver } from './changes.resolver.ts';
import { ErrorsResolver } from './errors.resolver.ts';
import { FactorResolver } from './factor.resolver.ts';
import { LoginResolver } from './login.resolver.ts';
import { OtpResolver } from './otp.resolver.ts';
import { RecoveryResolver } from './recovery.resolver.ts';
import { ResetLinkResolver } from './reset-link.resolver.ts';
import { SessionResolver } from './session.resolver.ts';
import { TransactionResolver } from './transaction.resolver.ts';

/** Every resolver of the API: the one place where a new one is named. Each takes what it needs of the rooms. */
export const RESOLVERS = [
  OtpResolver,
  AccountResolver,
  LoginResolver,
  SessionResolver,
  FactorResolver,
  ChangesResolver,
  RecoveryResolver,
  ResetLinkResolver,
  TransactionResolver,
  ErrorsResolver,
] as const;

/** What the resolvers need of the rooms, all of them together. */
export type Rooms = (typeof RESOLVERS)[number] extends new (rooms: infer Needs) => object ? Needs : never;
