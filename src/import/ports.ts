import type { ImportedUser } from './imported-user.ts';

/** Keeps users who come from another system; never changes one who is there. */
export interface ImportStore {
  /**
   * Which of these addresses and phones an account holds, proven or not.
   * @throws AppError SERVICE_UNAVAILABLE
   */
  taken(emails: readonly string[], phones: readonly string[]): Promise<TakenNames>;
  /**
   * Writes users, each for itself.
   * @returns those that were not written, since another took the address or phone meanwhile
   * @throws AppError SERVICE_UNAVAILABLE
   */
  insert(users: readonly ImportedUser[]): Promise<ImportedUser[]>;
}

export interface TakenNames {
  readonly emails: ReadonlySet<string>;
  readonly phones: ReadonlySet<string>;
}
