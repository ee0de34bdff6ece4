// Invariants 1, 2, 3, 5, 8, 9 and 11 on random histories of one destination, decided by the pure rules: whatever people
// and strangers do, in whatever order and at whatever instants, no challenge yields more than it may.
import { beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  APPROVAL_LIFE_MS,
  MAX_SENDS,
  MAX_TRIES_PER_REQUESTER,
  MAX_WRONG_IN_A_ROW,
  MAX_WRONG_PER_REQUESTER,
  MIN_LIFE_FOR_RESEND_MS,
  WRONG_WINDOW_MS,
  type ChallengePolicy,
} from '../../src/otp/challenge.ts';
import { History, type Event } from '../contract/history.ts';
import { memoryStore } from '../contract/stores.ts';
import { histories, policies } from '../support/arbitraries.ts';

interface Played {
  readonly policy: ChallengePolicy;
  readonly events: readonly Event[];
}

/** The same histories for every property below; a failure prints the seed and the shortest history. */
async function everyHistory(holds: (played: Played) => void, seed?: number): Promise<void> {
  await fc.assert(
    fc.asyncProperty(policies, histories(80), async (policy, steps) => {
      const history = new History(await memoryStore(), policy, 'destination');
      const events: Event[] = [];
      for (const step of steps) events.push(await history.play(step));
      holds({ policy, events });
    }),
    { numRuns: 200, ...(seed !== undefined && { seed }) },
  );
}

const decision = ({ outcome }: Event): string | undefined => (outcome as { outcome?: string } | undefined)?.outcome;
const count = <T>(items: readonly T[], item: T): number => items.filter((other) => other === item).length;
/** The approval that this step made, not one that it took again. */
const newApproval = ({ before, after }: Event) =>
  after.approval && after.approval.challengeId !== before.approval?.challengeId ? after.approval : null;
const isSpent = ({ outcome, step }: Event) =>
  step.kind === 'consume' && step.commits && (outcome as { consumed: boolean }).consumed;

describe('the histories', () => {
  const seen = new Set<string>();
  // One seed: whether the rarest outcome is among 200 histories must not be left to chance.
  beforeAll(() =>
    everyHistory(({ events }) => {
      for (const event of events) seen.add(`${event.step.kind} ${decision(event) ?? ''}`.trim());
      if (events.some(isSpent)) seen.add('spent');
    }, 20260115),
  );

  test('reach every outcome, so that the properties below mean something', () => {
    const outcomes = ['START', 'RESEND', 'REPEAT', 'DELIVERING', 'TOO_SOON'].map((outcome) => `send ${outcome}`);
    outcomes.push(...['APPROVED', 'WRONG', 'BUSY', 'ABSENT', 'EXHAUSTED'].map((outcome) => `try ${outcome}`));
    outcomes.push(...['APPROVED', 'ABSENT'].map((outcome) => `token ${outcome}`), 'settle', 'release', 'spent');
    expect(outcomes.filter((outcome) => !seen.has(outcome))).toEqual([]);
  });
});

test('a challenge is approved at most once', async () => {
  await everyHistory(({ events }) => {
    const approved = events.map(newApproval).flatMap((approval) => approval?.challengeId ?? []);
    expect(new Set(approved).size).toBe(approved.length);
  });
});

test('a challenge is spent at most once, and only after it was approved', async () => {
  await everyHistory(({ events }) => {
    const spent = events.filter(isSpent).map(({ before }) => before.approval!.challengeId);
    expect(new Set(spent).size).toBe(spent.length);
    const approved = events.map(newApproval).flatMap((approval) => approval?.challengeId ?? []);
    expect(approved).toEqual(expect.arrayContaining(spent));
  });
});

test('a challenge is approved only by its own code, pending, deliverable and before its expiry', async () => {
  await everyHistory(({ events }) => {
    for (const event of events) {
      if (!newApproval(event) || event.step.kind !== 'try') continue;
      const { before, now, step } = event;
      expect(before.challenge).toMatchObject({ status: 'pending', deliverable: true, codeMac: step.code });
      expect(before.challenge!.expiresAt).toBeGreaterThan(now);
      expect(newApproval(event)!.expiresAt).toBe(now + APPROVAL_LIFE_MS);
    }
  });
});

test('an action gets an approval only while it lives and nobody else holds it', async () => {
  await everyHistory(({ events }) => {
    for (const event of events) {
      const { before, after, now } = event;
      if (decision(event) !== 'APPROVED' || newApproval(event)) continue;
      expect(before.approval!.expiresAt).toBeGreaterThan(now);
      expect(before.approval!.claim?.until ?? 0).toBeLessThanOrEqual(now);
      expect(after.approval).toEqual({ ...before.approval, claim: after.approval!.claim });
    }
  });
});

test('a challenge is compared at most as often as the policy says, and by one requester at most three times', async () => {
  await everyHistory(({ events, policy }) => {
    for (const { after } of events)
      for (const { tries } of [after.challenge, after.approval].filter((of) => of !== null)) {
        expect(tries.length).toBeLessThanOrEqual(policy.maxTries);
        for (const by of tries) expect(count(tries, by)).toBeLessThanOrEqual(MAX_TRIES_PER_REQUESTER);
      }
  });
});

test('an attempt is never given back while its challenge is the same', async () => {
  await everyHistory(({ events }) => {
    for (const { before, after } of events)
      if (before.challenge && after.challenge?.id === before.challenge.id)
        expect(after.challenge.tries.slice(0, before.challenge.tries.length)).toEqual(before.challenge.tries);
  });
});

test('a wrong code counts once for its requester and once for the destination, and nothing else counts', async () => {
  await everyHistory(({ events }) => {
    for (const event of events) {
      const { before, after, now, step } = event;
      if (step.kind === 'try' && decision(event) === 'WRONG') {
        expect(after.guesses.wrong.at(-1)).toEqual({ by: step.by, at: now });
        expect(after.guesses.streakAt).toBe(now);
      } else expect(after.guesses).toEqual({ ...before.guesses, streak: after.guesses.streak });
    }
  });
});

test('within an hour no requester is told of more than ten wrong codes at a destination, over all its slots', async () => {
  await everyHistory(({ events }) => {
    const wrong = events.flatMap((event) =>
      event.step.kind === 'try' && decision(event) === 'WRONG' ? [{ by: event.step.by, at: event.now }] : [],
    );
    for (const { by, at } of wrong) {
      const hour = wrong.filter((other) => other.by === by && other.at > at - WRONG_WINDOW_MS && other.at <= at);
      expect(hour.length).toBeLessThanOrEqual(MAX_WRONG_PER_REQUESTER);
    }
    for (const { after } of events) expect(after.guesses.streak).toBeLessThanOrEqual(MAX_WRONG_IN_A_ROW);
  });
});

test('a resend keeps the code and its expiry, and five messages are the most', async () => {
  await everyHistory(({ events }) => {
    for (const event of events) {
      const { before, after, now } = event;
      if (decision(event) !== 'RESEND') continue;
      const kept = ({ id, codeMac, expiresAt, tries, status }: NonNullable<typeof after.challenge>) => ({
        id,
        codeMac,
        expiresAt,
        tries,
        status,
      });
      expect(kept(after.challenge!)).toEqual(kept(before.challenge!));
      expect(after.challenge!.sends).toBeLessThanOrEqual(MAX_SENDS);
      expect(after.challenge!.expiresAt - now).toBeGreaterThanOrEqual(MIN_LIFE_FOR_RESEND_MS);
    }
  });
});

test('no send takes an approval away, and none but a new challenge makes a real one a decoy', async () => {
  await everyHistory(({ events }) => {
    for (const event of events) {
      const { before, after, step } = event;
      if (step.kind !== 'send') continue;
      expect(after.approval).toEqual(before.approval);
      if (decision(event) !== 'START' && before.challenge?.deliverable) expect(after.challenge!.deliverable).toBe(true);
    }
  });
});
