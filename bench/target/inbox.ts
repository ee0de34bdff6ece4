import { setTimeout as sleep } from 'node:timers/promises';

/** The inbox keeps a hundred messages: so many codes can be sent before they are read. */
export const INBOX_HOLDS = 100;

/** Some deliveries run after their answer. */
const ARRIVE_MS = 5_000;
const POLL_MS = 20;

/**
 * Waits for the newest code of each of these destinations, at most `INBOX_HOLDS`.
 * @param url a server with a development inbox, or with one that looks like it
 * @throws Error when one has not arrived after five seconds
 */
export async function codesFrom(url: string, destinations: readonly string[]): Promise<string[]> {
  const giveUpAt = performance.now() + ARRIVE_MS;
  for (;;) {
    const response = await fetch(`${url}/dev/inbox.json`);
    const messages = (await response.json()) as { to: string; code: string }[];
    const newest = new Map(messages.reverse().map(({ to, code }) => [to, code]));
    const codes = destinations.map((to) => newest.get(to)).filter((code) => code !== undefined);
    if (codes.length === destinations.length) return codes;
    if (performance.now() > giveUpAt) throw new Error('a code has not arrived');
    await sleep(POLL_MS);
  }
}

/** The same for one destination. */
export async function codeFrom(url: string, to: string): Promise<string> {
  const [code] = await codesFrom(url, [to]);
  return code!;
}
