/** An account. `phone` is null only for users imported from another system who have not added one yet. */
export interface User {
  readonly id: string;
  readonly email: string;
  readonly emailVerifiedAt: Date | null;
  readonly phone: string | null;
  /** When a code that was read at the account's phone last served it; null where none ever did. */
  readonly phoneVerifiedAt: Date | null;
  readonly passwordHash: string;
  /** Where the code went that reset the present password; null when it was set by one who was signed in or registering. */
  readonly passwordResetBy: 'EMAIL' | 'PHONE' | null;
  readonly twoFactorEnabled: boolean;
  /** The authenticator app that is switched on; codes by message are no second factor then. */
  readonly authenticator: Authenticator | null;
  /** The one that waits for its first code. */
  readonly pendingAuthenticator: PendingAuthenticator | null;
  readonly createdAt: Date;
  /** Set by the operator: nothing is open to this account, at start or at completion. */
  readonly suspendedAt: Date | null;
  /** Rises with every change of password, destination or factor: what was begun before cannot be completed after. */
  readonly authVersion: number;
}

/** Where an account is reached, and what of that is proven. */
export type Reach = Pick<User, 'email' | 'emailVerifiedAt' | 'phone' | 'phoneVerifiedAt'>;

/** Where this account is reached, and nothing else of it. */
export function reachOf({ email, emailVerifiedAt, phone, phoneVerifiedAt }: Reach): Reach {
  return { email, emailVerifiedAt, phone, phoneVerifiedAt };
}

export interface Authenticator {
  /** The shared secret, sealed by the keyring. */
  readonly sealedSecret: string;
  /** The last time step that was accepted: it and older ones are refused (RFC 6238 section 5.2). */
  readonly lastTimeStep: number;
}

export interface PendingAuthenticator {
  readonly sealedSecret: string;
  readonly expiresAt: Date;
}

export type NewUser = Pick<User, 'email' | 'emailVerifiedAt' | 'phone' | 'phoneVerifiedAt' | 'passwordHash'>;
