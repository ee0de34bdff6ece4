import {
  BrokenCircuitError,
  bulkhead,
  BulkheadRejectedError,
  circuitBreaker,
  CircuitState,
  ConsecutiveBreaker,
  handleWhen,
  wrap,
} from 'cockatiel';
import { secondsUntil, type Clock } from '../clock.ts';
import { ProviderFailure } from '../otp/provider.ts';

/** Calls to Twilio at once, and calls that may wait for a place. */
const MAX_CONCURRENT = 40;
const MAX_WAITING = 100;
/** Failures in a row that open the breaker, and how long it stays open before it probes. */
const FAILURES_TO_OPEN = 5;
const OPEN_MS = 5_000;

/** Keeps a slow or dead Twilio from taking this server with it, and this server from flooding Twilio. */
export class Protection {
  readonly #breaker = circuitBreaker(handleWhen(isOutage), {
    halfOpenAfter: OPEN_MS,
    breaker: new ConsecutiveBreaker(FAILURES_TO_OPEN),
  });
  readonly #bulkhead = bulkhead(MAX_CONCURRENT, MAX_WAITING);
  readonly #policy = wrap(this.#bulkhead, this.#breaker);
  readonly #clock: Clock;
  #openUntil = 0;

  /** @param onChange told when the breaker opens and closes */
  constructor(clock: Clock, onChange: (state: 'open' | 'closed') => void) {
    this.#clock = clock;
    this.#breaker.onBreak(() => {
      this.#openUntil = clock() + OPEN_MS;
      onChange('open');
    });
    this.#breaker.onReset(() => onChange('closed'));
  }

  /**
   * Runs a call whose errors are ProviderFailures.
   * @throws ProviderFailure SERVICE_UNAVAILABLE while Twilio is down, OVERLOADED when too many calls wait
   */
  run<T>(call: () => Promise<T>): Promise<T> {
    return this.#translated(() => this.#policy.execute(call));
  }

  /**
   * Stands for a call that must not be made: it takes a place among the calls, and fails where they fail. Its end tells
   * nothing of Twilio's health, so while the breaker is not closed it asks, as the call would have.
   * @param wait takes as long as the call would
   * @param probe a call without effects
   * @throws ProviderFailure as `run`
   */
  pretend(wait: () => Promise<void>, probe: () => Promise<unknown>): Promise<void> {
    if (this.#breaker.state !== CircuitState.Closed) return this.run(async () => void (await probe()));
    return this.#translated(() =>
      this.#bulkhead.execute(async () => {
        await wait();
        if (this.#breaker.state === CircuitState.Open) throw this.#down();
      }),
    );
  }

  async #translated<T>(run: () => Promise<T>): Promise<T> {
    try {
      return await run();
    } catch (error) {
      if (error instanceof BrokenCircuitError) throw this.#down();
      if (error instanceof BulkheadRejectedError)
        throw new ProviderFailure('OVERLOADED', 'none', {
          reason: 'too many calls to Twilio wait',
          facts: { retryAfterSeconds: 1 },
        });
      throw error;
    }
  }

  #down(): ProviderFailure {
    const retryAfterSeconds = secondsUntil(this.#openUntil, this.#clock());
    return new ProviderFailure('SERVICE_UNAVAILABLE', 'none', {
      reason: 'Twilio is down: calls are held back',
      facts: { retryAfterSeconds },
    });
  }
}

/** Refusals are answers; only what Twilio is to blame for counts against its health. */
function isOutage(error: unknown): boolean {
  return error instanceof ProviderFailure && error.isOutage;
}
