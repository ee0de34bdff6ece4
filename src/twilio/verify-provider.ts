import twilio from 'twilio';
import type { Clock } from '../clock.ts';
import type { TwilioConfig } from '../config/config.ts';
import type { VerifyService } from '../config/twilio-services.ts';
import type { OtpChannel, OtpPurpose } from '../otp/challenge.ts';
import type { CheckVerdict, Delivery, RemoteCheck, RemoteProvider, RemoteVerification } from '../otp/provider.ts';
import type { Payment } from '../otp/slot.ts';
import type { Call } from './error-codes.ts';
import { LatencySample } from './latency.ts';
import { Protection } from './protection.ts';
import { translateError, twilioCode } from './translate-error.ts';

/** Twilio's codes for "that verification has ended": expired, approved, canceled or never there; and "no checks left". */
const GONE = 20404;
const NO_CHECKS_LEFT = 60202;

/** Twilio's names of our channels. */
const CHANNELS: Record<OtpChannel, string> = { SMS: 'sms', EMAIL: 'email', WHATSAPP: 'whatsapp', VOICE: 'call' };

/** Twilio Verify v2: Twilio makes, delivers and compares the codes. */
export class TwilioVerifyProvider implements RemoteProvider {
  readonly kind = 'remote';
  readonly name = 'twilio';
  readonly #client: twilio.Twilio;
  readonly #services: Readonly<Record<OtpPurpose, VerifyService>>;
  readonly #hasPsd2: boolean;
  readonly #protection: Protection;
  readonly #latency = { start: new LatencySample(), check: new LatencySample() };

  constructor(settings: TwilioConfig, clock: Clock, onOutage: (state: 'open' | 'closed') => void) {
    this.#client = createTwilioClient(settings);
    this.#services = settings.services;
    this.#hasPsd2 = settings.psd2;
    this.#protection = new Protection(clock, onOutage);
  }

  async start({ to, channel, purpose, locale, payment }: Delivery): Promise<RemoteVerification> {
    const service = this.#services[purpose];
    const options = {
      to,
      channel: CHANNELS[channel],
      ...(locale && { locale }),
      ...this.#psd2(payment),
      // Tells purposes apart in Twilio's console; tags must hold no personal data.
      tags: JSON.stringify({ purpose: purpose.toLowerCase() }),
    };
    const call: Call = { verb: 'start', isEmail: channel === 'EMAIL', serviceVariable: service.variable };
    const verification = await this.#call(call, () => this.#verify(service).verifications.create(options));
    return { ref: verification.sid };
  }

  async check({ ref, to, purpose, code, payment }: RemoteCheck): Promise<CheckVerdict> {
    const service = this.#services[purpose];
    // By SID, so that a code of a later verification for the same number never counts; by number where a lost answer hid the SID.
    const target = ref === null ? { to } : { verificationSid: ref };
    const asked = { code, ...target, ...this.#psd2(payment) };
    const call: Call = { verb: 'check', isEmail: to.includes('@'), serviceVariable: service.variable };
    return this.#call(call, async () => {
      try {
        const { status } = await this.#verify(service).verificationChecks.create(asked);
        return status === 'approved' ? 'APPROVED' : 'WRONG';
      } catch (error) {
        const errorCode = twilioCode(error);
        if (errorCode === GONE) return 'GONE';
        if (errorCode === NO_CHECKS_LEFT) return 'NO_CHECKS_LEFT';
        throw error;
      }
    });
  }

  async cancel({ ref, to, purpose }: Omit<RemoteCheck, 'code' | 'payment'>): Promise<void> {
    const service = this.#services[purpose];
    await this.#call({ verb: 'cancel', isEmail: to.includes('@'), serviceVariable: service.variable }, async () => {
      try {
        // Without a SID by the destination, which its owner has chosen: in a path it stands escaped.
        await this.#verify(service)
          .verifications(ref ?? encodeURIComponent(to))
          .update({ status: 'canceled' });
      } catch (error) {
        // It has ended by itself: that is what was wanted.
        if (twilioCode(error) !== GONE) throw error;
      }
    });
  }

  rivalsOf(purpose: OtpPurpose): readonly OtpPurpose[] {
    const { sid } = this.#services[purpose];
    const purposes = Object.keys(this.#services) as OtpPurpose[];
    return purposes.filter((other) => this.#services[other].sid === sid);
  }

  async pretend(verb: 'start' | 'check', purpose: OtpPurpose): Promise<void> {
    const service = this.#services[purpose];
    const call: Call = { verb, isEmail: false, serviceVariable: service.variable };
    await this.#protection.pretend(
      () => this.#latency[verb].wait(),
      () => this.#translated(call, () => this.#client.verify.v2.services(service.sid).fetch()),
    );
  }

  /** With PSD2 Twilio shows the payment in the message, and binds its code to it too. */
  #psd2(payment: Payment | undefined): { amount?: string; payee?: string } {
    if (!payment || !this.#hasPsd2) return {};
    return { amount: `${payment.amount} ${payment.currency}`, payee: payment.payee };
  }

  #verify(service: VerifyService) {
    return this.#client.verify.v2.services(service.sid);
  }

  /** Every call passes here: bounded, behind the breaker, timed from when it has its place, its errors translated. */
  #call<T>(call: Call, run: () => Promise<T>): Promise<T> {
    const { verb } = call;
    const translated = () => this.#translated(call, run);
    return this.#protection.run(() => (verb === 'cancel' ? translated() : this.#latency[verb].time(translated)));
  }

  async #translated<T>(call: Call, run: () => Promise<T>): Promise<T> {
    try {
      return await run();
    } catch (error) {
      throw translateError(error, call);
    }
  }
}

/** The SDK's client with our timeout, kept-alive connections and, where set, another host. */
export function createTwilioClient(
  settings: Pick<TwilioConfig, 'accountSid' | 'authToken' | 'apiBaseUrl' | 'timeoutMs'>,
): twilio.Twilio {
  const { accountSid, authToken, apiBaseUrl, timeoutMs } = settings;
  const httpClient = new twilio.RequestClient({ timeout: timeoutMs, keepAlive: true, autoRetry: false });
  const client = twilio(accountSid, authToken, { httpClient });
  if (apiBaseUrl) client.verify.baseUrl = apiBaseUrl;
  return client;
}
