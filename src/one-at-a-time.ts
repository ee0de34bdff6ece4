import pLimit, { type LimitFunction } from 'p-limit';
import { hasCode, type AppError } from './errors.ts';

interface Queue {
  readonly limit: LimitFunction;
  /** Calls that wait or run. */
  size: number;
  /** Since when the database is known not to answer, and the error that told. */
  down: { readonly at: number; readonly error: AppError } | null;
}

/** Lets the calls for one key run one after another. A key of which nothing waits or runs costs nothing. */
export class OneAtATime {
  readonly #queues = new Map<string, Queue>();

  /**
   * Runs `work` when it is its turn. When a call finds the database down, those that wait behind it get the same answer at
   * once: each would wait as long for it, one after another.
   * @throws whatever `work` throws
   */
  async run<T>(key: string, work: () => Promise<T>): Promise<T> {
    const queue = this.#queues.get(key) ?? { limit: pLimit(1), size: 0, down: null };
    this.#queues.set(key, queue);
    const enteredAt = performance.now();
    queue.size += 1;
    try {
      return await queue.limit(() => inTurn(queue, enteredAt, work));
    } finally {
      queue.size -= 1;
      if (queue.size === 0) this.#queues.delete(key);
    }
  }
}

async function inTurn<T>(queue: Queue, enteredAt: number, work: () => Promise<T>): Promise<T> {
  if (queue.down && queue.down.at > enteredAt) throw queue.down.error;
  try {
    return await work();
  } catch (error) {
    // Here, before the limit lets the next one in.
    if (hasCode(error, 'SERVICE_UNAVAILABLE')) queue.down = { at: performance.now(), error };
    throw error;
  }
}
