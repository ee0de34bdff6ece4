import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

/** From a cached answer to the longest that a request may take. */
const DURATION_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15];

/**
 * What the operator counts (docs/metrics.md lists all of it). A label's value is one of a fixed set: routes and fields as
 * we named them, codes of the error table. Nothing that a client chose or a person owns is ever a label.
 */
export class Metrics {
  readonly #registry = new Registry();
  readonly contentType = this.#registry.contentType;

  readonly requestSeconds = this.#histogram('otpql_http_request_duration_seconds', 'HTTP requests.', [
    'method',
    'route',
    'status',
  ]);
  readonly operations = this.#counter('otpql_graphql_operations_total', 'GraphQL operations, by each root field.', [
    'field',
  ]);
  readonly graphqlErrors = this.#counter('otpql_graphql_errors_total', 'Errors that GraphQL answered.', [
    'field',
    'code',
  ]);
  readonly rateLimitRefusals = this.#counter('otpql_rate_limit_refusals_total', 'Calls refused by a rate limit.', [
    'field',
    'by',
  ]);
  readonly codesSent = this.#counter('otpql_codes_sent_total', 'Codes handed to the provider, and how that went.', [
    'purpose',
    'channel',
    'provider',
    'outcome',
  ]);
  readonly codesChecked = this.#counter('otpql_codes_checked_total', 'Codes that were tried.', ['purpose', 'outcome']);
  readonly providerSeconds = this.#histogram('otpql_provider_duration_seconds', 'Calls to the provider of codes.', [
    'provider',
    'verb',
    'outcome',
  ]);
  readonly lateFailures = this.#counter('otpql_late_failures_total', 'Work that failed after its answer.', []);
  readonly notices = this.#counter('otpql_notices_total', 'Notices to owners, and how they ended.', [
    'kind',
    'channel',
    'outcome',
  ]);
  readonly passwordResets = this.#counter('otpql_password_resets_total', 'Passwords that were reset.', ['method']);

  readonly clockOffsetSeconds = new Gauge({
    name: 'otpql_clock_offset_seconds',
    help: "How far this machine's clock is ahead of the database's.",
    registers: [this.#registry],
  });

  constructor() {
    collectDefaultMetrics({ register: this.#registry });
  }

  /** Everything in Prometheus' text format. */
  text(): Promise<string> {
    return this.#registry.metrics();
  }

  #counter<T extends string>(name: string, help: string, labelNames: T[]): Counter<T> {
    return new Counter({ name, help, labelNames, registers: [this.#registry] });
  }

  #histogram<T extends string>(name: string, help: string, labelNames: T[]): Histogram<T> {
    return new Histogram({ name, help, labelNames, buckets: DURATION_BUCKETS, registers: [this.#registry] });
  }
}
