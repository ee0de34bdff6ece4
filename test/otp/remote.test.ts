// Codes that a provider compares (invariants 2 and 4): an attempt is counted before the provider is asked, its verdict is
// settled once, and what shares a service with another code never meets it.
import { describe, expect, test } from '@jest/globals';
import { NO_GUESSES, PROVIDER_LIFE_MS, RIVAL_PROTECTION_MS } from '../../src/otp/challenge.ts';
import { decideSend, settleSend } from '../../src/otp/sending.ts';
import { decideTry, settleTry, type Settlement } from '../../src/otp/trying.ts';
import { DEFAULT_POLICY, START } from '../support/arbitraries.ts';
import { aChallenge, actionBy, anApproval, aSend, aTry, EMPTY, slotOf } from './examples.ts';

const REMOTE = aChallenge({ provider: 'twilio', providerRef: 'VE1', codeMac: null });
const ONCE_WRONG = { wrong: [{ by: 'owner', at: START }], streak: 1, streakAt: START };
const asked = decideTry(slotOf(REMOTE), NO_GUESSES, aTry(), DEFAULT_POLICY);

function verdict(verdict: Settlement['verdict'], different: Partial<Settlement> = {}): Settlement {
  const { intent, codeMac } = aTry();
  const usual = {
    challengeId: REMOTE.id,
    by: 'owner',
    askedAt: START,
    now: START + 9,
    codeMac,
    intent,
    unanswered: false,
  };
  return { verdict, ...usual, ...different };
}

describe('a try', () => {
  test('is counted before the provider is asked', () => {
    expect(asked.outcome).toBe('ASK');
    expect(asked.slot.challenge?.tries).toEqual(['owner']);
    expect(asked.guesses).toEqual(ONCE_WRONG);
  });

  test.each([
    ['a decoy', { deliverable: false }, {}],
    ['a code of another user', { userId: 'user-1' }, { onlyUser: 'user-2' }],
  ])('of %s is counted alike, and nobody is asked', (_what, challenge, ask) => {
    const tried = decideTry(slotOf({ ...REMOTE, ...challenge }), NO_GUESSES, aTry(ask), DEFAULT_POLICY);
    expect(tried.outcome).toBe('WRONG');
    expect(tried.guesses).toEqual(ONCE_WRONG);
  });

  test.each([true, false])(
    'waits, uncounted, while the first message is on its way (deliverable: %s)',
    (deliverable) => {
      const onItsWay = slotOf({ ...REMOTE, deliverable, providerRef: null, deliveringSince: START });
      expect(decideTry(onItsWay, NO_GUESSES, aTry(), DEFAULT_POLICY)).toEqual({
        outcome: 'DELIVERING',
        slot: onItsWay,
        guesses: NO_GUESSES,
      });
    },
  );

  test('does not wait for a message that is sent again, nor for one whose answer was lost', () => {
    const again = slotOf({ ...REMOTE, deliveringSince: START });
    const lost = slotOf({ ...REMOTE, providerRef: null });
    for (const slot of [again, lost]) expect(decideTry(slot, NO_GUESSES, aTry(), DEFAULT_POLICY).outcome).toBe('ASK');
  });
});

describe('the verdict', () => {
  test('APPROVED makes one approval, whatever comes after it', () => {
    const first = settleTry(asked.slot, asked.guesses, verdict('APPROVED'));
    expect(first.outcome).toBe('APPROVED');
    expect(first.slot.approval).toMatchObject({
      challengeId: REMOTE.id,
      codeMac: 'right',
      tokenHash: 'token',
      unanswered: false,
    });
    expect(first.guesses).toMatchObject({ wrong: [], streak: 0 });
    for (const late of ['APPROVED', 'GONE', 'REFUND', 'NO_CHECKS_LEFT'] as const)
      expect(settleTry(first.slot, first.guesses, verdict(late))).toEqual({
        outcome: 'ABSENT',
        slot: first.slot,
        guesses: first.guesses,
      });
  });

  test('APPROVED counts also where another answer called the challenge ended or exhausted meanwhile', () => {
    for (const before of ['GONE', 'NO_CHECKS_LEFT'] as const) {
      const ended = settleTry(asked.slot, asked.guesses, verdict(before));
      expect(settleTry(ended.slot, ended.guesses, verdict('APPROVED')).outcome).toBe('APPROVED');
    }
  });

  test('means nothing for a challenge that has been replaced', () => {
    const replaced = slotOf({ ...REMOTE, id: 'another' });
    for (const any of ['APPROVED', 'GONE', 'REFUND', 'NO_CHECKS_LEFT'] as const)
      expect(settleTry(replaced, ONCE_WRONG, verdict(any))).toEqual({
        outcome: 'ABSENT',
        slot: replaced,
        guesses: ONCE_WRONG,
      });
  });

  test('REFUND gives one attempt back, and opens what it had exhausted', () => {
    const last = decideTry(slotOf({ ...REMOTE, tries: ['a', 'a', 'b', 'b'] }), NO_GUESSES, aTry(), DEFAULT_POLICY);
    expect(last.slot.challenge?.status).toBe('exhausted');
    const refunded = settleTry(last.slot, last.guesses, verdict('REFUND'));
    expect(refunded.slot.challenge).toMatchObject({ status: 'pending', tries: ['a', 'a', 'b', 'b'] });
    expect(refunded.guesses).toMatchObject({ wrong: [], streak: 0 });
  });

  test('GONE ends the challenge, NO_CHECKS_LEFT exhausts it, and the attempt stays spent', () => {
    expect(settleTry(asked.slot, asked.guesses, verdict('GONE')).slot.challenge?.status).toBe('canceled');
    const exhausted = settleTry(asked.slot, asked.guesses, verdict('NO_CHECKS_LEFT'));
    expect(exhausted.slot.challenge).toMatchObject({ status: 'exhausted', tries: ['owner'] });
    expect(exhausted.guesses).toEqual(ONCE_WRONG);
  });

  test('an approval whose answer was lost can be given once more by verifyOtp, and no second time', () => {
    const late = settleTry(asked.slot, asked.guesses, verdict('APPROVED', { unanswered: true }));
    const again = aTry({ intent: { verify: { tokenHash: 'second' } } });
    const answered = decideTry(late.slot, late.guesses, again, DEFAULT_POLICY);
    expect(answered.outcome).toBe('APPROVED');
    expect(answered.slot.approval).toMatchObject({ tokenHash: 'second', unanswered: false });
    expect(decideTry(answered.slot, answered.guesses, again, DEFAULT_POLICY).outcome).toBe('ABSENT');
    const spent = decideTry(answered.slot, answered.guesses, aTry({ intent: actionBy('claim') }), DEFAULT_POLICY);
    expect(spent.outcome).toBe('APPROVED');
  });

  test('an approval that was answered is not given again by verifyOtp', () => {
    const slot = slotOf({ ...REMOTE, status: 'approved' }, anApproval());
    expect(decideTry(slot, NO_GUESSES, aTry(), DEFAULT_POLICY).outcome).toBe('ABSENT');
  });
});

describe('a start beside a code that shares its service', () => {
  const start = (age: number, by: string, rival = REMOTE) =>
    decideSend(EMPTY, NO_GUESSES, aSend({ by, now: START + age, rivals: ['PASSWORD_RESET'] }), DEFAULT_POLICY, [rival]);

  test('ends the other one here, and names it to be ended at the provider', () => {
    const decision = start(0, 'owner');
    expect(decision).toMatchObject({
      outcome: 'START',
      superseded: [{ ref: 'VE1' }],
      rivals: [{ status: 'canceled' }],
    });
  });

  test("is refused while it is another requester's and younger than 60 s", () => {
    expect(start(RIVAL_PROTECTION_MS - 1, 'stranger')).toMatchObject({
      outcome: 'TOO_SOON',
      retryAt: START + RIVAL_PROTECTION_MS,
      superseded: [],
      rivals: [REMOTE],
    });
    expect(start(RIVAL_PROTECTION_MS, 'stranger').outcome).toBe('START');
  });

  test('treats a decoy alike, but for what there is to end at the provider', () => {
    const decoy = { ...REMOTE, deliverable: false };
    expect(start(RIVAL_PROTECTION_MS - 1, 'stranger', decoy).outcome).toBe('TOO_SOON');
    expect(start(0, 'owner', decoy)).toMatchObject({
      outcome: 'START',
      superseded: [],
      rivals: [{ status: 'canceled' }],
    });
  });

  test('leaves an approved one alone', () => {
    const rival = { ...REMOTE, status: 'approved' as const };
    expect(start(0, 'stranger', rival)).toMatchObject({ outcome: 'START', superseded: [], rivals: [rival] });
  });

  test('ends a canceled one once more, since the cancel may have failed; not one that was never started there', () => {
    const canceled = { ...REMOTE, status: 'canceled' as const };
    expect(start(0, 'owner', canceled).superseded).toEqual([{ ref: 'VE1' }]);
    expect(start(0, 'owner', { ...canceled, failure: 'PROVIDER_ERROR' }).superseded).toEqual([]);
  });

  test('ends one that is over here and not yet at the provider: OTP_TTL_SECONDS may be shorter', () => {
    const policy = { ...DEFAULT_POLICY, ttlMs: 60_000 };
    const short = { ...REMOTE, expiresAt: START + 60_000 };
    const startAt = (now: number) =>
      decideSend(EMPTY, NO_GUESSES, aSend({ now, rivals: ['PASSWORD_RESET'] }), policy, [short]).superseded;
    expect(startAt(START + PROVIDER_LIFE_MS - 1)).toEqual([{ ref: 'VE1' }]);
    expect(startAt(START + PROVIDER_LIFE_MS)).toEqual([]);
  });

  test('ends an exhausted one too: the provider would go on refusing its number', () => {
    expect(start(0, 'stranger', { ...REMOTE, status: 'exhausted' })).toMatchObject({
      outcome: 'START',
      superseded: [{ ref: 'VE1' }],
    });
  });
});

describe('a failed delivery', () => {
  const delivering = { ...REMOTE, providerRef: null, deliveringSince: START };
  test('leaves a decoy where nobody may learn that a message was tried', () => {
    const after = settleSend(delivering, { failure: 'PROVIDER_ERROR', asDecoy: true }, START);
    expect(after).toEqual({ ...delivering, deliveringSince: null, deliverable: false });
  });
  test('keeps the earlier name where a resend does not tell one', () => {
    expect(settleSend(REMOTE, { ref: null }, START).providerRef).toBe('VE1');
    expect(settleSend(REMOTE, { ref: 'VE2' }, START).providerRef).toBe('VE2');
  });
});
