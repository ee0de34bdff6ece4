// How many messages a destination gets for one purpose, over challenges and requesters (invariant 11). Pure.
import type { SentMessage } from './challenge.ts';
import { familyOf } from './slot.ts';

export const MAX_SENDS = 5;
/** The time in which they count. */
export const SEND_WINDOW_MS = 600_000;

/** A place for messages, and whether a client asks that has proven itself there: strangers use up only their own. */
export interface Mailbox {
  readonly slotName: string;
  readonly isKnown: boolean;
}

/** When the oldest message that counts no longer does (milliseconds since the epoch); null while there is room for one. */
export function limitedUntil(messages: readonly SentMessage[], mailbox: Mailbox, now: number): number | null {
  const recent = messages.filter(({ family, at }) => family === nameOf(mailbox) && at > now - SEND_WINDOW_MS);
  return recent.length < MAX_SENDS ? null : recent.at(-MAX_SENDS)!.at + SEND_WINDOW_MS;
}

/** The messages with one more; those that count no longer are forgotten. */
export function withMessage(messages: readonly SentMessage[], mailbox: Mailbox, now: number): SentMessage[] {
  return [...messages.filter(({ at }) => at > now - SEND_WINDOW_MS), { family: nameOf(mailbox), at: now }];
}

/** The messages without one that was refused. */
export function withoutMessage(
  messages: readonly SentMessage[],
  slotName: string,
  sentAt: number,
): readonly SentMessage[] {
  const names = [nameOf({ slotName, isKnown: false }), nameOf({ slotName, isKnown: true })];
  const index = messages.findIndex(({ family, at }) => names.includes(family) && at === sentAt);
  return index < 0 ? messages : messages.toSpliced(index, 1);
}

function nameOf({ slotName, isKnown }: Mailbox): string {
  return isKnown ? `${familyOf(slotName)}*` : familyOf(slotName);
}
