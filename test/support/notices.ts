import type { InboxNotice } from '../../src/local/notice-inbox.ts';
import type { TestServer } from './server.ts';

/** The kinds of notice that a destination got, oldest first. Notices go out after the answer: it waits for the first. */
export async function noticesTo(server: TestServer, to: string, atLeast = 0): Promise<string[]> {
  for (;;) {
    const response = await fetch(`${server.url}/dev/notices.json?to=${encodeURIComponent(to)}`);
    const notices = (await response.json()) as InboxNotice[];
    if (notices.length >= atLeast) return notices.map(({ kind }) => kind).reverse();
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
