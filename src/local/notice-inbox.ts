import type { Clock } from '../clock.ts';
import type { NoticeInbox } from '../mail/notifier.ts';

const MAX_MESSAGES = 100;

/** A message without a code that "arrived" on the laptop. */
export interface InboxNotice {
  readonly to: string;
  readonly channel: 'EMAIL' | 'SMS';
  readonly kind: string;
  readonly subject: string;
  readonly text: string;
  /** Where to go, in the mail of a reset link. */
  readonly link?: string;
  readonly sentAt: string;
}

/** The notices of the development inbox: the last ones, in memory only. Apart from the codes, whose JSON is fixed. */
export class DevelopmentNotices implements NoticeInbox {
  readonly #notices: InboxNotice[] = [];
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  deliver(notice: Omit<InboxNotice, 'sentAt'>): void {
    this.#notices.unshift({ ...notice, sentAt: new Date(this.#clock()).toISOString() });
    this.#notices.length = Math.min(this.#notices.length, MAX_MESSAGES);
  }

  /** Newest first; with `to`, only notices to that destination. */
  notices(to?: string): readonly InboxNotice[] {
    return to === undefined ? this.#notices : this.#notices.filter((notice) => notice.to === to);
  }
}
