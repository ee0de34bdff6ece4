import type { UnitOfWork } from '../../unit-of-work.ts';
import type { Reach } from '../../users/user.ts';

/** A change of destination that the old ones can undo. */
export interface UndoLink {
  /** The hash of what stands in the notices. */
  readonly id: string;
  readonly userId: string;
  /** The account's `authVersion` before the change: what came later has a higher one. */
  readonly version: number;
  /** Where the account was reached before the change. */
  readonly before: Reach;
  readonly expiresAt: Date;
}

export interface UndoLinkStore {
  insert(link: UndoLink, unit: UnitOfWork): Promise<void>;
  /** Null once it is used or `now` is past its expiry. */
  find(id: string, now: number): Promise<UndoLink | null>;
  /** Those of this user that can still be used. */
  list(userId: string, now: number, unit: UnitOfWork): Promise<UndoLink[]>;
  /** Spends it, and those of every later change with it. False when it is gone. */
  consume(link: UndoLink, unit: UnitOfWork): Promise<boolean>;
  removeAll(userId: string, unit: UnitOfWork): Promise<void>;
}
