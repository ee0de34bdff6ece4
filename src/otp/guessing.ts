import type { Clock } from '../clock.ts';
import { closed } from './attempts.ts';
import { closedFor, STREAK_LIFE_MS, WRONG_WINDOW_MS, type Guesses } from './challenge.ts';
import type { Keyring } from '../keyring.ts';
import { destinationId, requesterId } from './identifiers.ts';
import type { ChallengeStore } from './ports.ts';

/** Decides whether a secret may be guessed, and counts the guess in the same step (invariants 2 and 3). */
export function decideGuess(guesses: Guesses, by: string, now: number): { allowed: boolean; guesses: Guesses } {
  if (closedFor(guesses, by, now)) return { allowed: false, guesses };
  return { allowed: true, guesses: countWrong(guesses, by, now) };
}

/** The guesses after one of them turned out right: it was none, and it ends the row of wrong ones. */
export function forgiveGuess(guesses: Guesses, by: string, at: number): Guesses {
  const index = guesses.wrong.findIndex((guess) => guess.by === by && guess.at === at);
  return { ...guesses, wrong: index < 0 ? guesses.wrong : guesses.wrong.toSpliced(index, 1), streak: 0 };
}

/** The guesses after one more wrong one. */
export function countWrong(guesses: Guesses, by: string, now: number): Guesses {
  const streak = guesses.streakAt > now - STREAK_LIFE_MS ? guesses.streak + 1 : 1;
  const wrong = guesses.wrong.filter((guess) => guess.at > now - WRONG_WINDOW_MS);
  return { wrong: [...wrong, { by, at: now }], streak, streakAt: now };
}

interface Parts {
  readonly store: ChallengeStore;
  readonly keyring: Keyring;
  readonly clock: Clock;
}

/**
 * Limits guesses of secrets that are no codes of ours: authenticator codes and recovery codes. The same caps as at a
 * destination: ten wrong ones in an hour close it for their requester, a hundred in a row for everybody.
 */
export class GuessLimits {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /**
   * Counts a guess before it is compared.
   * @param subject whose secret it is: `user:ID`
   * @returns what to call when the guess was right
   * @throws AppError MAX_ATTEMPTS_REACHED
   */
  async count(subject: string, requester: string): Promise<() => Promise<void>> {
    const { store, keyring, clock } = this.#parts;
    const subjectId = destinationId(keyring, subject);
    const by = requesterId(keyring, subjectId, requester);
    const now = clock();
    const { allowed, guesses } = await store.guess(subjectId, by, now);
    if (!allowed) throw closed(guesses, by, now);
    return () => store.forgiveGuess(subjectId, by, now);
  }
}
