import type { Clock } from '../clock.ts';
import type { SessionStore } from '../session/ports.ts';
import type { User } from '../users/user.ts';
import type { UserStore } from '../users/ports.ts';

interface Parts {
  readonly users: UserStore;
  readonly sessions: SessionStore;
  readonly clock: Clock;
}

/** What an operator does to an account from outside: closes it at once, and opens it again. */
export class Suspension {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /**
   * Closes an account: from the next request on its tokens, codes and sign-ins are refused. Its sessions are ended, so that
   * none of them is there again after `reinstate`, a thief's least of all.
   * @returns whether it was open, and how many sessions ended
   */
  async suspend(user: User): Promise<{ changed: boolean; sessionsEnded: number }> {
    const { users, sessions, clock } = this.#parts;
    const changed = await users.suspend(user.id, new Date(clock()));
    return { changed, sessionsEnded: await sessions.removeLiving(user.id, clock()) };
  }

  /** Opens an account again, for signing in anew. False when it was open. */
  async reinstate(user: User): Promise<boolean> {
    return this.#parts.users.reinstate(user.id);
  }
}
