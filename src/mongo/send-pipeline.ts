// The rules of otp/sending.ts as one update, decided by the server. The contract suite compares the two on random
// histories: change a rule in both.
import { MAX_SENDS, MIN_LIFE_FOR_RESEND_MS, RIVAL_PROTECTION_MS, type ChallengePolicy } from '../otp/challenge.ts';
import type { DeliveryEnd, SendAsk } from '../otp/sending.ts';
import { BINDING_MARK } from '../otp/slot.ts';
import {
  add,
  and,
  closedFor,
  cond,
  eq,
  fieldsOf,
  firstOf,
  gt,
  gte,
  isDelivering,
  isKnownThere,
  isLive,
  isPending,
  isRunning,
  lt,
  lte,
  mayRun,
  not,
  or,
  orElse,
  purgeDate,
  subtract,
  triesLeft,
  value,
  values,
  type Expression,
  type Fields,
  type Stage,
} from './expressions.ts';

/** The pipeline of a send. What it decided is left in `decision`. */
export function sendPipeline(name: string, ask: SendAsk, policy: ChallengePolicy): Stage[] {
  const current = `$slots.${name}.challenge`;
  const wished = wish(fieldsOf(current), ask, policy);
  const rivals = { $filter: { input: SLOTS, cond: isRival(name, ask) } };
  const until = { $map: { input: rivals, in: blockedUntil(RIVAL, ask) } };
  const starts = eq('$decision.outcome', 'START');
  const unknownThere = eq(orElse(`${current}.providerRef`, null), null);
  const firstThere = and(or(eq('$decision.outcome', 'RESEND'), '$decision.catchesUp'), unknownThere);
  const ended = (c: Fields) => cond(mayRun(c, ask.now, policy), [{ ref: orElse(c('providerRef'), null) }], []);
  const endedRivals = {
    $reduce: { input: rivals, initialValue: [], in: { $concatArrays: ['$$value', ended(RIVAL)] } },
  };
  const superseded = firstOf(
    [],
    [
      [starts, { $concatArrays: [ended(fieldsOf(current)), endedRivals] }],
      [firstThere, endedRivals],
    ],
  );
  return [
    { $set: { decision: { wished, blockedUntil: cond(eq(wished, 'START'), { $max: until }, null) } } },
    {
      $set: {
        'decision.outcome': cond(gt('$decision.blockedUntil', 0), 'TOO_SOON', '$decision.wished'),
        'decision.catchesUp': and(
          { $in: ['$decision.wished', ['REPEAT', 'LIMITED', 'TOO_SOON']] },
          ask.deliverable,
          eq(`${current}.deliverable`, false),
        ),
        'decision.retryAt': firstOf(null, [
          [gt('$decision.blockedUntil', 0), '$decision.blockedUntil'],
          [eq('$decision.wished', 'TOO_SOON'), `${current}.resendAfter`],
        ]),
      },
    },
    { $set: { 'decision.superseded': superseded } },
    { $set: { slots: otherSlots(name, ask, policy) } },
    { $set: { [`slots.${name}.challenge`]: afterSend(current, ask, policy), purgeAt: purgeDate(ask.now) } },
  ];
}

const SLOTS = { $objectToArray: orElse('$slots', {}) };
/** The challenge of the slot that an array expression looks at. */
const RIVAL = fieldsOf('$$this.v.challenge');

/** Whether the slot that an array expression looks at shares its codes with this one at the provider. */
function isRival(name: string, ask: SendAsk): Expression {
  const purpose = { $first: { $split: ['$$this.k', BINDING_MARK] } };
  return and(not(eq('$$this.k', name)), { $in: [purpose, [...ask.rivals]] });
}

/** All slots after a send, this one unchanged yet: a started challenge cancels its rivals, and bound slots that are over go. */
function otherSlots(name: string, ask: SendAsk, policy: ChallengePolicy): Expression {
  const isBound = { $gte: [{ $indexOfCP: ['$$this.k', BINDING_MARK] }, 0] };
  const counts = or(isKnownThere(RIVAL, ask.now, policy), isLive(fieldsOf('$$this.v.approval'), ask.now));
  const kept = { $filter: { input: SLOTS, cond: or(not(isBound), eq('$$this.k', name), counts) } };
  const isOver = and(eq('$decision.outcome', 'START'), isRival(name, ask), isRunning(RIVAL, ask.now));
  const canceled = { $mergeObjects: ['$$this.v.challenge', { status: 'canceled' }] };
  const after = cond(isOver, { $mergeObjects: ['$$this.v', { challenge: canceled }] }, '$$this.v');
  return { $arrayToObject: { $map: { input: kept, in: { k: '$$this.k', v: after } } } };
}

function wish(c: Fields, ask: SendAsk, policy: ChallengePolicy): Expression {
  const ownTriesUsed = and(eq(c('sentBy'), value(ask.by)), lte(triesLeft(c('tries'), ask.by, policy), 0));
  const repeats = and(eq(c('sentBy'), value(ask.by)), eq(c('channel'), value(ask.channel)));
  return firstOf('RESEND', [
    [closedFor(ask.by, ask.now), 'CLOSED'],
    [not(isPending(c, ask.now)), 'START'],
    [not(eq(c('provider'), value(ask.fresh.provider))), 'START'],
    [ownTriesUsed, 'START'],
    [isDelivering(c, ask.now), 'DELIVERING'],
    [gt(c('resendAfter'), ask.now), cond(repeats, 'REPEAT', 'TOO_SOON')],
    [lt(subtract(c('expiresAt'), ask.now), MIN_LIFE_FOR_RESEND_MS), 'START'],
    [gte(c('sends'), MAX_SENDS), 'LIMITED'],
  ]);
}

function blockedUntil(rival: Fields, ask: SendAsk): Expression {
  const until = add(rival('sentAt'), RIVAL_PROTECTION_MS);
  const anothers = not(eq(rival('sentBy'), value(ask.by)));
  return cond(and(isPending(rival, ask.now), anothers, gt(until, ask.now)), until, null);
}

function afterSend(current: string, ask: SendAsk, policy: ChallengePolicy): Expression {
  const sent = {
    channel: value(ask.channel),
    sentBy: value(ask.by),
    sentAt: ask.now,
    deliveringSince: ask.now,
    failure: null,
    resendAfter: ask.now + policy.cooldownMs,
  };
  const started = {
    ...values(ask.fresh),
    ...sent,
    providerRef: null,
    status: 'pending',
    tries: [],
    sends: 1,
    deliverable: ask.deliverable,
    expiresAt: ask.now + policy.ttlMs,
  };
  const resent = {
    $mergeObjects: [
      current,
      {
        ...sent,
        sends: add(`${current}.sends`, 1),
        deliverable: or(`${current}.deliverable`, ask.deliverable),
        userId: orElse(`${current}.userId`, value(ask.fresh.userId)),
      },
    ],
  };
  const caughtUp = {
    $mergeObjects: [
      current,
      { deliverable: true, userId: orElse(`${current}.userId`, value(ask.fresh.userId)), deliveringSince: ask.now },
    ],
  };
  return firstOf(current, [
    ['$decision.catchesUp', caughtUp],
    [eq('$decision.outcome', 'START'), started],
    [eq('$decision.outcome', 'RESEND'), resent],
  ]);
}

/** The pipeline that ends a delivery; the caller's filter has found the challenge by its id. */
export function settleSendPipeline(slotPath: string, end: DeliveryEnd, now: number): Stage[] {
  const current = `$${slotPath}.challenge`;
  const ended = (change: Record<string, Expression> = {}) => ({
    $mergeObjects: [current, { deliveringSince: null, ...change }],
  });
  if ('ref' in end)
    return [{ $set: { [`${slotPath}.challenge`]: ended(end.ref === null ? {} : { providerRef: value(end.ref) }) } }];
  const failure = value(end.failure);
  const resent = gt(`${current}.sends`, 1);
  const refused = cond(
    resent,
    ended({ failure, sends: subtract(`${current}.sends`, 1), resendAfter: now }),
    ended({ failure, status: 'canceled' }),
  );
  const decoy = cond(resent, ended(), ended({ deliverable: false }));
  const after = cond(eq(`${current}.status`, 'pending'), end.asDecoy ? decoy : refused, ended());
  return [{ $set: { [`${slotPath}.challenge`]: after } }];
}
