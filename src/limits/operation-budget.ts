import type { Clock } from '../clock.ts';
import { widerNetworks } from './networks.ts';

/** So many operations a client may send at once, and so many a second for as long as it likes. */
const BURST = 3_000;
const PER_SECOND = 20;
/** Clients that are remembered; of more the one that was silent for longest is forgotten, and starts anew. */
const MAX_CLIENTS = 100_000;

interface Account {
  /** Operations that it may still send; may be part of one. */
  readonly left: number;
  readonly at: number;
}

/**
 * A budget of operations for each client, whatever they ask for: what has no limit of its own, such as introspection, `me`
 * or text that is no query, still costs time to read and to answer (ADR 44). In memory: each process guards its own time.
 */
export class OperationBudget {
  readonly #clock: Clock;
  readonly #scale: number;
  /** The one that was silent for longest first. */
  readonly #accounts = new Map<string, Account>();

  /** @param scale multiplies the budget (RATE_LIMIT_SCALE) */
  constructor(clock: Clock, scale: number) {
    this.#clock = clock;
    this.#scale = scale;
  }

  /**
   * Takes one operation from the budget of a client and of the networks around it.
   * @param client its address as limits count it
   * @returns 0, or how many seconds the client must wait
   */
  take(client: string): number {
    const now = this.#clock();
    const found = [{ name: client, factor: 1 }, ...widerNetworks(client)].map((network) => {
      const factor = network.factor * this.#scale;
      return { name: network.name, factor, left: this.#leftOf(network.name, factor, now) };
    });
    const missing = found.map(({ left, factor }) => (left >= 1 ? 0 : (1 - left) / (PER_SECOND * factor)));
    const wait = Math.ceil(Math.max(...missing));
    if (wait === 0) for (const { name, left } of found) this.#keep(name, { left: left - 1, at: now });
    return wait;
  }

  #leftOf(name: string, factor: number, now: number): number {
    const account = this.#accounts.get(name);
    const most = Math.max(1, BURST * factor);
    if (!account) return most;
    return Math.min(most, account.left + ((now - account.at) / 1000) * PER_SECOND * factor);
  }

  #keep(name: string, account: Account): void {
    this.#accounts.delete(name);
    this.#accounts.set(name, account);
    if (this.#accounts.size <= MAX_CLIENTS) return;
    const [silent] = this.#accounts.keys();
    this.#accounts.delete(silent!);
  }
}
