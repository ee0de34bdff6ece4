// Invariants 1, 2, 3, 4, 5, 9, 10 and 11 of DESIGN section 4 on random histories of one destination, played on what runs:
// the services over a real database, with a fake provider and a fake clock. 60 histories of one seed and 90 of a new one,
// of about 35 steps each: whatever people and strangers do, in whatever order and at whatever instants, no challenge
// yields more than it may. HISTORIES_SEED repeats a run.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ATTEMPT_WINDOW_MS, MAX_ATTEMPTS_PER_HOUR, MAX_WRONG_IN_A_ROW } from '../../src/otp/attempt-budget.ts';
import { APPROVAL_LIFE_MS, isOwnedBy, KEPT_ATTEMPTS, MAX_ATTEMPTS_PER_REQUESTER } from '../../src/otp/challenge.ts';
import { MAX_REFUSALS } from '../../src/otp/claim-rules.ts';
import { MIN_LIFE_FOR_RESEND_MS } from '../../src/otp/send-rules.ts';
import { MAX_SENDS, SEND_WINDOW_MS } from '../../src/otp/message-limit.ts';
import { callerAt, nameOf } from '../../src/otp/known-client.ts';
import { familyOf, purposeOf } from '../../src/otp/slot.ts';
import type { Event } from '../support/otp-history/history.ts';
import { actionsDone, count, counted, ended, lasting, newlyApproved, unspent } from '../support/otp-history/reading.ts';
import { RecordingEngine } from '../support/otp-history/provider-edge.ts';
import { Recorded, type Played } from '../support/otp-history/recorded.ts';

const NEW_SEED = process.env['HISTORIES_SEED'];
/** Histories that are the same in every run, but for the challenges' numbers. */
const KNOWN_SEED = 20260107;

let known: Recorded;
let random: Recorded;
beforeAll(async () => {
  known = await Recorded.play(60, KNOWN_SEED);
  random = await Recorded.play(90, NEW_SEED === undefined ? undefined : Number(NEW_SEED));
}, 600_000);
afterAll(async () => {
  await known?.close();
  await random?.close();
});

async function everyHistory(holds: (played: Played) => void): Promise<void> {
  await known.every(holds);
  await random.every(holds);
}

/** The same for properties of single steps. */
async function everyStep(holds: (event: Event, played: Played) => void): Promise<void> {
  await everyHistory((played) => played.events.forEach((event) => holds(event, played)));
}

/** How many codes were wrong since the last right one, of strangers and of proven clients. */
function wrongInRow({ budget }: Event['after']['destination']): number {
  return budget.strangers.wrong + budget.known.wrong;
}

test('the histories reach every outcome, so that the properties below mean something', async () => {
  const seen = new Set<string>();
  await everyHistory(({ events }) => {
    for (const { step, outcome, rival } of events) {
      seen.add(`${step.kind} ${outcome}`);
      if (rival) seen.add(`rival ${rival}`);
    }
  });
  const sends = ['START', 'RESEND', 'REPEAT', 'CUT', 'RESEND_TOO_SOON', 'RATE_LIMITED', 'MAX_ATTEMPTS_REACHED'];
  const refusals = ['WRONG', 'CUT', 'OTP_EXPIRED', 'MAX_ATTEMPTS_REACHED', 'SERVICE_UNAVAILABLE', 'PROVIDER_ERROR'];
  const outcomes = {
    send: [...sends, 'SERVICE_UNAVAILABLE', 'PROVIDER_ERROR'],
    verify: ['RIGHT', ...refusals],
    act: ['DONE', 'UNDONE', ...refusals],
    rival: ['DONE', 'OTP_EXPIRED'],
    outdate: ['OUTDATED'],
    locate: ['HERE', 'ELSEWHERE', 'NOWHERE'],
    guess: ['SPENT', 'FORGIVEN'],
  };
  const wanted = Object.entries(outcomes).flatMap(([kind, all]) => all.map((outcome) => `${kind} ${outcome}`));
  expect(wanted.filter((outcome) => !seen.has(outcome))).toEqual([]);
});

describe('an approval', () => {
  test('is made by its own code only, of a pending, deliverable challenge before its expiry', async () => {
    await everyHistory(({ events, provider }) => {
      const engine = new RecordingEngine();
      for (const [index, event] of events.entries()) {
        const challenge = newlyApproved(event);
        if (!challenge) continue;
        expect(challenge).toMatchObject({ deliverable: true });
        expect(challenge.expiresAt).toBeGreaterThan(event.beganAt);
        const sent = events.slice(0, index).flatMap((earlier) => earlier.sent.map(({ code }) => code));
        const own = provider === 'local' ? [engine.codeOf(challenge.codeId)] : sent;
        expect(own).toContain(event.code);
        if (event.outcome === 'RIGHT')
          expect(event.after.slot.approval!.expiresAt).toBe(event.endedAt + APPROVAL_LIFE_MS);
      }
    });
  });

  test('is the only one of its challenge, and once ended it never comes back', async () => {
    await everyHistory(({ events }) => {
      const over = new Set<string>();
      const approved = new Set<string>();
      for (const event of events) {
        const id = newlyApproved(event)?.id;
        expect(id === undefined || !approved.has(id)).toBe(true);
        if (id !== undefined) approved.add(id);
        const present = event.after.slot.approval?.challengeId;
        for (const one of ended(event)) over.add(one);
        expect(present !== undefined && over.has(present)).toBe(false);
      }
    });
  });

  test('is spent on one action: each one done ends an approval of its own', async () => {
    await everyStep((event) => expect(actionsDone(event)).toBeLessThanOrEqual(ended(event).length));
  });

  test('is taken only while it lives and nobody else holds it', async () => {
    await everyStep((event) => {
      const { approval } = event.before.slot;
      const isTaken = ['DONE', 'UNDONE'].includes(event.outcome) && !newlyApproved(event);
      if (!isTaken) return;
      expect(approval!.expiresAt).toBeGreaterThan(event.beganAt);
      expect(approval!.claim?.until ?? 0).toBeLessThanOrEqual(event.endedAt);
    });
  });

  test('survives an action that fails, but only so many refusals', async () => {
    await everyStep((event) => {
      const { step, outcome, rival, before, after } = event;
      if (step.kind !== 'act' || outcome !== 'UNDONE' || rival !== undefined || newlyApproved(event)) return;
      const was = before.slot.approval!;
      const refusals = was.refusals + (step.ending === 'exists' ? 1 : 0);
      if (refusals >= MAX_REFUSALS) expect(after.slot.approval).toBeNull();
      else {
        expect(after.slot.approval).toMatchObject({ claim: null, refusals });
        expect(unspent(after.slot.approval!)).toEqual(unspent(was));
      }
    });
  });

  test('is told to one requester only, under one token, which acts once and in its own slot', async () => {
    await everyHistory(({ events }) => {
      const told = new Map<string, { slotName: string; by: string }>();
      const spent = new Set<string>();
      for (const { outcome, answer, slotName, requester, token } of events) {
        if (outcome === 'RIGHT') {
          const { verificationToken } = (answer as { token: { verificationToken: string } }).token;
          const teller = { slotName, by: requester!.id };
          expect(told.get(verificationToken) ?? teller).toEqual(teller);
          told.set(verificationToken, teller);
        }
        if (token === null || outcome !== 'DONE') continue;
        expect(told.get(token)?.slotName).toBe(slotName);
        expect(spent.has(token)).toBe(false);
        spent.add(token);
      }
    });
  });

  test('does nothing after something ended its owner’s sessions, nor does the challenge', async () => {
    await everyStep((event) => {
      const { step, outcome, rival, owner, before } = event;
      if (step.kind !== 'act' || purposeOf(event.slotName) === 'VERIFICATION') return;
      if (!['DONE', 'UNDONE'].includes(outcome) && rival !== 'DONE') return;
      expect(isOwnedBy(newlyApproved(event) ?? before.slot.approval!, owner)).toBe(true);
    });
  });
});

describe('attempts', () => {
  test('at a challenge or an approval are as many as the policy says, and of one requester at most three', async () => {
    await everyStep(({ after }, { policy }) => {
      for (const one of [after.slot.challenge, after.slot.approval]) {
        const attempts = one?.attempts ?? [];
        expect(attempts.length).toBeLessThanOrEqual(policy.maxAttempts);
        for (const who of attempts.flatMap((by) => by.split(' ')))
          expect(attempts.filter((by) => by.includes(who)).length).toBeLessThanOrEqual(MAX_ATTEMPTS_PER_REQUESTER);
      }
    });
  });

  test('of those who did not ask leave two to those who did', async () => {
    await everyStep(({ outcome, requester, before, after, beganAt }, { policy }) => {
      const { challenge } = after.slot;
      const hadIt = before.slot.challenge?.attempts.length === challenge?.attempts.length;
      if (outcome !== 'WRONG' || !challenge || !requester || hadIt) return;
      const { isKnown } = callerAt(before.destination.clients, requester, beganAt);
      if (isKnown || challenge.askedBy.includes(requester.id)) return;
      const kept = Math.min(KEPT_ATTEMPTS, policy.maxAttempts - 1);
      expect(challenge.attempts.length).toBeLessThanOrEqual(policy.maxAttempts - kept);
    });
  });

  test('are never given back while the challenge is the same', async () => {
    await everyStep(({ before, after }) => {
      const [was, is] = [before.slot.challenge, after.slot.challenge];
      if (was && is?.id === was.id) expect(is.attempts.slice(0, was.attempts.length)).toEqual(was.attempts);
    });
  });

  test('that never reached the provider are not counted', async () => {
    await everyStep((event, { provider }) => {
      const { step, before, after } = event;
      if (provider === 'local' || !('weather' in step) || step.weather !== 'unreached' || step.kind === 'send') return;
      if (before.slot.approval !== null) return;
      expect(after.slot.challenge?.attempts).toEqual(before.slot.challenge?.attempts);
      expect(counted(event)).toEqual([]);
    });
  });

  test('are asked of the provider at most as often as the policy says', async () => {
    await everyHistory(({ events, policy }) => {
      const refs = events.flatMap(({ checked }) => checked.flatMap(({ ref }) => ref ?? []));
      for (const ref of refs) expect(count(refs, ref)).toBeLessThanOrEqual(policy.maxAttempts);
    });
  });

  test('that were wrong count once for their requester and for the row; right ones and everything else do not', async () => {
    await everyStep((event) => {
      const { step, outcome, requester, beganAt, endedAt, before, after } = event;
      const added = counted(event);
      if (outcome === 'WRONG') {
        expect(added.map(({ by }) => by)).toEqual([nameOf(callerAt(before.destination.clients, requester!, beganAt))]);
        expect(added[0]!.at).toBeGreaterThanOrEqual(beganAt);
        const { strangers, known } = after.destination.budget;
        expect([strangers.at, known.at]).toContain(added[0]!.at);
      }
      if (newlyApproved(event)) expect(wrongInRow(after.destination)).toBe(0);
      const isCheck = step.kind === 'verify' || step.kind === 'act';
      const neverCounts = !isCheck || ['RIGHT', 'DONE', 'UNDONE'].includes(outcome);
      if (neverCounts && event.rival !== 'WRONG') expect(added).toEqual([]);
      const nothingThere = !before.slot.approval && (before.slot.challenge?.expiresAt ?? 0) <= beganAt;
      if (isCheck && nothingThere) expect({ outcome, added, endedAt }).toMatchObject({ added: [] });
    });
  });

  test('of one requester are told to be wrong at most ten times in an hour, over all slots', async () => {
    await everyHistory(({ events }) => {
      for (const outcome of ['WRONG', 'SPENT']) {
        const wrong = events.filter((event) => event.outcome === outcome);
        for (const { requester, endedAt } of wrong) {
          const hour = wrong.filter(
            (other) =>
              other.requester!.addressId === requester!.addressId &&
              other.endedAt > endedAt - ATTEMPT_WINDOW_MS &&
              other.endedAt <= endedAt,
          );
          expect(hour.length).toBeLessThanOrEqual(MAX_ATTEMPTS_PER_HOUR);
        }
      }
      for (const { after } of events) expect(wrongInRow(after.destination)).toBeLessThanOrEqual(2 * MAX_WRONG_IN_A_ROW);
    });
  });
});

describe('a request for a code', () => {
  test('resends the same code, and neither moves its expiry nor comes too late for it', async () => {
    await everyStep(({ outcome, owner, beganAt, before, after }) => {
      if (outcome !== 'RESEND') return;
      if (isOwnedBy(before.slot.challenge!, owner))
        expect(lasting(after.slot.challenge!)).toEqual(lasting(before.slot.challenge!));
      expect(after.slot.challenge!.expiresAt).toBe(before.slot.challenge!.expiresAt);
      expect(after.slot.challenge!.expiresAt - beganAt).toBeGreaterThanOrEqual(MIN_LIFE_FOR_RESEND_MS);
    });
  });

  test('repeats its answer within the cool-down, and sends nothing', async () => {
    await everyStep(({ outcome, before, answer, sent, beganAt, requester, owner }) => {
      if (outcome !== 'REPEAT') return;
      const { sentBy, resendAfter, expiresAt, deliverable } = before.slot.challenge!;
      expect(sentBy).toBe(requester!.id);
      expect(resendAfter).toBeGreaterThan(beganAt);
      expect(answer).toMatchObject({ expiresAt, resendAfter });
      if (deliverable && isOwnedBy(before.slot.challenge!, owner)) expect(sent).toEqual([]);
    });
  });

  test('sends strangers at most five messages in ten minutes for one purpose, over challenges, and proven clients as many', async () => {
    await everyHistory(({ events }) => {
      const sent = events
        .filter(({ outcome }) => ['START', 'RESEND'].includes(outcome))
        .map((event) => {
          const { isKnown } = callerAt(event.before.destination.clients, event.requester!, event.beganAt);
          return { family: `${familyOf(event.slotName)} ${isKnown}`, at: event.beganAt };
        });
      for (const { family, at } of sent) {
        const recent = sent.filter(
          (other) => other.family === family && other.at > at - SEND_WINDOW_MS && other.at <= at,
        );
        expect(recent.length).toBeLessThanOrEqual(MAX_SENDS);
      }
    });
  });

  test('takes no approval away, and makes no decoy of what was sent', async () => {
    await everyStep(({ step, outcome, owner, before, after }) => {
      if (step.kind !== 'send') return;
      expect(after.slot.approval).toEqual(before.slot.approval);
      const was = before.slot.challenge;
      // A code that nobody can use any more gives way to one of today, which may not go out.
      if (was?.userId && !isOwnedBy(was, owner)) return;
      if (outcome !== 'START' && was?.id === after.slot.challenge?.id && was?.deliverable)
        expect(after.slot.challenge!.deliverable).toBe(true);
    });
  });

  test('never ends a pending code that somebody else asked for too', async () => {
    await everyStep(({ step, requester, owner, beganAt, before, after }) => {
      const was = before.slot.challenge;
      const isPending = was?.status === 'pending' && was.expiresAt > beganAt;
      if (step.kind !== 'send' || !isPending || was.askedBy.every((by) => by === requester!.id)) return;
      expect(after.slot.challenge).toMatchObject({ id: was.id, status: 'pending', attempts: was.attempts });
      if (was.userId === null || isOwnedBy(was, owner)) expect(after.slot.challenge!.codeId).toBe(was.codeId);
    });
  });

  test('leaves the code of somebody else alone where both share a service, but for a proven client', async () => {
    await everyStep(({ step, requester, beganAt, slotName, before, after }) => {
      if (step.kind !== 'send' || callerAt(before.destination.clients, requester!, beganAt).isKnown) return;
      for (const [name, { challenge }] of Object.entries(before.destination.slots)) {
        const isPending = challenge?.status === 'pending' && challenge.expiresAt > beganAt;
        const isOthers = isPending && challenge.askedBy.some((by) => by !== requester!.id);
        if (name !== slotName && isOthers) expect(after.destination.slots[name]!.challenge).toEqual(challenge);
      }
    });
  });
});

test('whoever looks for a challenge finds it where it is, and elsewhere only while it works', async () => {
  await everyStep(({ step, outcome, challengeId, slotName, before, beganAt }) => {
    if (step.kind !== 'locate') return;
    const holds = ({ challenge, approval }: Event['before']['slot']) =>
      challenge?.id === challengeId || approval?.challengeId === challengeId;
    const holder = Object.entries(before.destination.slots).find(([, slot]) => holds(slot));
    if (outcome === 'HERE') expect(holder?.[0]).toBe(slotName);
    if (outcome === 'NOWHERE') expect(holder?.[0]).not.toBe(slotName);
    if (outcome !== 'ELSEWHERE') return;
    const [name, { challenge, approval }] = holder!;
    expect(purposeOf(name)).toBe(purposeOf(slotName));
    const until = challenge?.id === challengeId ? challenge.expiresAt : approval!.expiresAt;
    expect(until).toBeGreaterThan(beganAt);
  });
});

test('what changes nothing writes nothing', async () => {
  const refusals = ['RESEND_TOO_SOON', 'RATE_LIMITED', 'REPEAT', 'OTP_EXPIRED', 'MAX_ATTEMPTS_REACHED'];
  const unwritten = [...refusals, 'OUTDATED', 'HERE', 'ELSEWHERE', 'NOWHERE'];
  await everyStep(({ outcome, owner, before, after, sent }, { provider }) => {
    // Twilio's word is written also where it is a refusal; a decoy's message may go out late.
    if (provider !== 'local' || !unwritten.includes(outcome) || sent.length > 0) return;
    if (
      before.slot.challenge?.deliverable === false ||
      !isOwnedBy({ userId: null, authVersion: null, ...before.slot.challenge }, owner)
    )
      return;
    // That somebody asked is remembered once, and that a proven client did.
    const [was, is] = [before.slot.challenge, after.slot.challenge];
    if (is?.askedBy.length !== was?.askedBy.length || is?.isAskedByKnown !== was?.isAskedByKnown) return;
    expect(after.version).toBe(before.version);
  });
});
