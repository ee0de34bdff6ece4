import type { Channel } from './forms.ts';

/** What a call to the API was for. `cancel` covers every status update, `fetch` also a fetched service. */
export const KINDS = ['start', 'check', 'cancel', 'fetch'] as const;

export type Kind = (typeof KINDS)[number];

/** A code on its way to somebody: what Twilio would put on the wire. */
export interface Message {
  to: string;
  channel: Channel;
  code: string;
  serviceSid: string;
  sid: string;
  locale: string | null;
  amount: string | null;
  payee: string | null;
  tags: Record<string, string> | null;
  sentAt: string;
}

const MAX_MESSAGES = 200;

/** The last messages, newest first. */
export class Mailbox {
  #messages: Message[] = [];

  add(message: Message): void {
    this.#messages = [message, ...this.#messages].slice(0, MAX_MESSAGES);
  }

  list(to?: string): Message[] {
    return this.#messages.filter((message) => to === undefined || message.to === to);
  }
}

/** One authenticated call, whether it succeeded or not. `to` is null when it named none that is known. */
interface Call {
  time: string;
  to: string | null;
  service: string;
}

/** Every call since the last clear: how many of each kind, and the last thousand of each, oldest first. */
export interface Calls {
  counts: Record<Kind, number>;
  calls: Record<Kind, Call[]>;
}

const MAX_CALLS_PER_KIND = 1000;

/** Counts the calls, so that a test can say "the provider was asked once". */
export class CallLog {
  #log = emptyLog();

  record(kind: Kind, call: Call): void {
    this.#log.counts[kind] += 1;
    const calls = this.#log.calls[kind];
    calls.push(call);
    if (calls.length > MAX_CALLS_PER_KIND) calls.shift();
  }

  /** A copy: what is read does not change under the reader. */
  read(): Calls {
    return structuredClone(this.#log);
  }

  clear(): void {
    this.#log = emptyLog();
  }
}

function emptyLog(): Calls {
  return {
    counts: { start: 0, check: 0, cancel: 0, fetch: 0 },
    calls: { start: [], check: [], cancel: [], fetch: [] },
  };
}
