// How many messages a destination gets for one purpose, over challenges and requesters (invariant 11). Pure.
import type { SentMessage } from './challenge.ts';
import { familyOf } from './slot.ts';

export const MAX_SENDS = 5;
/** The time in which they count. */
export const SEND_WINDOW_MS = 600_000;

/** When the oldest message that counts no longer does (milliseconds since the epoch); null while there is room for one. */
export function limitedUntil(messages: readonly SentMessage[], slotName: string, now: number): number | null {
  const recent = messages.filter(({ family, at }) => family === familyOf(slotName) && at > now - SEND_WINDOW_MS);
  return recent.length < MAX_SENDS ? null : recent.at(-MAX_SENDS)!.at + SEND_WINDOW_MS;
}

/** The messages with one more; those that count no longer are forgotten. */
export function withMessage(messages: readonly SentMessage[], slotName: string, now: number): SentMessage[] {
  return [...messages.filter(({ at }) => at > now - SEND_WINDOW_MS), { family: familyOf(slotName), at: now }];
}

/** The messages without one that was refused. */
export function withoutMessage(
  messages: readonly SentMessage[],
  slotName: string,
  sentAt: number,
): readonly SentMessage[] {
  const index = messages.findIndex(({ family, at }) => family === familyOf(slotName) && at === sentAt);
  return index < 0 ? messages : messages.toSpliced(index, 1);
}
