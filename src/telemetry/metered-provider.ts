import { AppError } from '../errors.ts';
import type { Delivery, OtpProvider } from '../otp/provider.ts';
import type { Metrics } from './metrics.ts';

/** The same provider, its calls timed and its messages counted. What only pretends to call it (decoys) is not counted. */
export function meteredProvider(provider: OtpProvider, metrics: Metrics): OtpProvider {
  const { name } = provider;
  const time = async <T>(verb: 'start' | 'check' | 'cancel', call: () => Promise<T>, counted?: Delivery) => {
    const started = performance.now();
    let outcome = 'OK';
    try {
      return await call();
    } catch (error) {
      outcome = error instanceof AppError ? error.code : 'INTERNAL_SERVER_ERROR';
      throw error;
    } finally {
      metrics.providerSeconds.observe({ provider: name, verb, outcome }, (performance.now() - started) / 1000);
      if (counted)
        metrics.codesSent.inc({ purpose: counted.purpose, channel: counted.channel, provider: name, outcome });
    }
  };
  if (provider.kind === 'local')
    return {
      kind: 'local',
      name,
      codeOf: (codeId) => provider.codeOf(codeId),
      start: (delivery) => time('start', () => provider.start(delivery), delivery),
    };
  return {
    kind: 'remote',
    name,
    start: (delivery) => time('start', () => provider.start(delivery), delivery),
    check: (check) => time('check', () => provider.check(check)),
    cancel: (verification) => time('cancel', () => provider.cancel(verification)),
    rivalsOf: (purpose) => provider.rivalsOf(purpose),
    pretend: (verb, purpose) => provider.pretend(verb, purpose),
  };
}
