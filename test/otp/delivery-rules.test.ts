import { describe, expect, test } from '@jest/globals';
import { slotOf, type Challenge } from '../../src/otp/challenge.ts';
import { endDelivery, type DeliveryEnd } from '../../src/otp/delivery-rules.ts';
import { decideSend } from '../../src/otp/send-rules.ts';
import {
  aChallenge,
  anApproval,
  aRemoteChallenge,
  aRequest,
  DEFAULT_POLICY,
  holding,
  named,
  NOTHING,
  SLOT,
  START,
} from './examples.ts';

const delivering = aChallenge({ deliveringSince: START });
const refused: DeliveryEnd = { failure: 'PROVIDER_ERROR', asDecoy: false };
const asDecoy: DeliveryEnd = { failure: 'PROVIDER_ERROR', asDecoy: true };
const SOON = START + 5;

const after = (challenge: Challenge, end: DeliveryEnd) =>
  slotOf(endDelivery(holding({ challenge }), SLOT, challenge.id, end, SOON), SLOT).challenge!;
const askAgain = (challenge: Challenge, requesterId: string) =>
  decideSend(holding({ challenge }), SLOT, aRequest({ requester: named(requesterId) }), DEFAULT_POLICY, SOON);

describe('the end of a delivery', () => {
  test('leaves a challenge pending when it went well', () => {
    expect(after(delivering, { ref: null })).toEqual(aChallenge());
  });

  test("keeps the provider's name for it, and an earlier one where a resend does not tell it", () => {
    expect(after(aRemoteChallenge({ providerRef: null }), { ref: 'VE2' }).providerRef).toBe('VE2');
    expect(after(aRemoteChallenge(), { ref: null }).providerRef).toBe('VE1');
    expect(after(aRemoteChallenge(), { ref: 'VE2' }).providerRef).toBe('VE2');
  });

  test('voids the challenge and the cool-down when its first message was refused', () => {
    const canceled = after(delivering, refused);
    expect(canceled).toEqual(aChallenge({ status: 'canceled', failure: 'PROVIDER_ERROR' }));
    expect(askAgain(canceled, 'stranger')).toMatchObject({ outcome: 'START', challenge: { failure: null } });
  });

  test('voids only the message when a later one was refused', () => {
    const failed = after({ ...delivering, sends: 3 }, refused);
    expect(failed).toEqual(aChallenge({ sends: 2, failure: 'PROVIDER_ERROR', resendAfter: SOON }));
    expect(askAgain(failed, 'stranger')).toMatchObject({ outcome: 'RESEND', challenge: { sends: 3, failure: null } });
  });

  test('leaves a decoy where nobody may learn that a first message was tried, and nothing of a later one', () => {
    expect(after(delivering, asDecoy)).toEqual(aChallenge({ deliverable: false }));
    expect(after({ ...delivering, sends: 2 }, asDecoy)).toEqual(aChallenge({ sends: 2 }));
  });

  test.each(['approved', 'exhausted', 'canceled'] as const)(
    'changes nothing more of a challenge that is %s',
    (status) => {
      for (const end of [refused, asDecoy])
        expect(after({ ...delivering, status }, end)).toEqual(aChallenge({ status }));
      expect(after({ ...delivering, status }, { ref: 'VE1' })).toEqual(aChallenge({ status, providerRef: 'VE1' }));
    },
  );

  test('keeps the approval beside it', () => {
    const destination = holding({ challenge: delivering, approval: anApproval() });
    const ended = endDelivery(destination, SLOT, delivering.id, refused, SOON);
    expect(slotOf(ended, SLOT).approval).toBe(slotOf(destination, SLOT).approval);
  });

  test('is no change where its challenge has been replaced, or nothing is kept', () => {
    const replaced = holding({ challenge: delivering }, { messages: [{ family: SLOT, at: START }] });
    for (const end of [{ ref: 'VE1' }, refused, asDecoy]) {
      expect(endDelivery(replaced, SLOT, 'the-one-before', end, SOON)).toBe(replaced);
      expect(endDelivery(replaced, 'LOGIN', delivering.id, end, SOON)).toBe(replaced);
      expect(endDelivery(NOTHING, SLOT, delivering.id, end, SOON)).toBe(NOTHING);
    }
  });
});

describe('the message of a delivery', () => {
  const own = { family: SLOT, at: START };
  const others = [
    { family: SLOT, at: START - 1 },
    { family: 'LOGIN', at: START },
    { family: `${SLOT}-`, at: START },
  ];
  const messagesAfter = (end: DeliveryEnd, challenge = delivering, messages = [...others, own]) =>
    endDelivery(holding({ challenge }, { messages }), SLOT, challenge.id, end, SOON).messages;

  test('was none when it was definitely refused, and no other is given back', () => {
    expect(messagesAfter(refused)).toEqual(others);
    expect(messagesAfter(refused, { ...delivering, sends: 3 })).toEqual(others);
    expect(messagesAfter(refused, delivering, [own, own])).toEqual([own]);
    expect(messagesAfter(refused, delivering, others)).toEqual(others);
  });

  test('counts when it was accepted, when its answer was lost, and when a decoy is left', () => {
    for (const end of [{ ref: 'VE1' }, { ref: null }, asDecoy]) expect(messagesAfter(end)).toEqual([...others, own]);
  });

  test('of a bound slot is of the family of its purpose', () => {
    const destination = {
      ...NOTHING,
      slots: { 'LOGIN-ticket': { challenge: delivering, approval: null } },
      messages: [
        { family: 'LOGIN', at: START },
        { family: 'LOGIN-', at: START },
      ],
    };
    const ended = endDelivery(destination, 'LOGIN-ticket', delivering.id, refused, SOON);
    expect(ended.messages).toEqual([{ family: 'LOGIN', at: START }]);
  });
});
