import { randomInt } from 'node:crypto';
import { notFound, TwilioError } from './errors.ts';
import {
  type Channel,
  type Form,
  parseCheck,
  parseStart,
  parseStatus,
  requireTransaction,
  type StartRequest,
} from './forms.ts';
import { newSid, type Slot, slotOf, type Verification, VerificationStore } from './verification-store.ts';

export const MAX_SENDS = 5;
export const MAX_CHECKS = 5;

/** A Verify service of the emulated account. */
export interface Service {
  sid: string;
  /** Strong customer authentication: Amount and Payee are required and bind the code. */
  psd2?: boolean;
}

interface Dependencies {
  services: readonly Service[];
  now: () => number;
  /** Called once per send. */
  deliver: (verification: Verification, request: StartRequest) => void;
  /** The six digits of a new code; random when left out. */
  makeCode?: (() => string) | undefined;
  /** The switches that change these rules. */
  switches: () => { channelsDisabled: readonly Channel[]; psd2: boolean | null };
}

/**
 * Twilio Verify's rules. Every method runs to its end without awaiting, so calls are atomic: of many parallel right
 * checks exactly one approves. `path` is what a 20404 names.
 */
export class Verifications {
  readonly #deps: Dependencies;
  readonly #store: VerificationStore;

  constructor(deps: Dependencies) {
    this.#deps = deps;
    this.#store = new VerificationStore(deps.now);
  }

  /** The service with its PSD2 flag as the switches have it, or 20404. */
  service(serviceSid: string, path: string): Required<Service> {
    const service = this.#deps.services.find(({ sid }) => sid === serviceSid);
    if (!service) throw notFound(path);
    return { ...service, psd2: this.#deps.switches().psd2 ?? service.psd2 ?? false };
  }

  /** Starts a verification, or sends the code of the pending one again. */
  start(serviceSid: string, form: Form, path: string): Verification {
    const { psd2 } = this.service(serviceSid, path);
    const request = parseStart(form);
    if (this.#deps.switches().channelsDisabled.includes(request.channel)) throw new TwilioError(60223);
    if (psd2) requireTransaction(request);
    if (psd2 && request.channel === 'call') throw new TwilioError(60214);

    const slot = slotOf(serviceSid, request.to, request, psd2);
    const latest = this.#store.findInSlot(slot);
    // The error dictionary on 60202: a new verification has to wait until this one expires.
    if (latest?.status === 'max_attempts_reached') throw new TwilioError(60202);
    const verification = latest?.status === 'pending' ? latest : this.#create(slot, request.channel);
    if (verification.sends.length >= MAX_SENDS) throw new TwilioError(60203);
    return this.#send(verification, request);
  }

  /**
   * Compares a code. A wrong one is no error: the verification stays pending. With PSD2 another amount or payee is
   * another transaction, for which nothing is pending: 20404, and no attempt is spent.
   */
  check(serviceSid: string, form: Form, path: string): Verification {
    const { psd2 } = this.service(serviceSid, path);
    const request = parseCheck(form);
    if (psd2) requireTransaction(request);

    const bySid = request.verificationSid ? this.#store.find(serviceSid, request.verificationSid) : undefined;
    const to = request.to ?? bySid?.to ?? '';
    const inSlot = this.#store.findInSlot(slotOf(serviceSid, to, request, psd2));
    const found = request.verificationSid && inSlot !== bySid ? undefined : inSlot;
    if (found?.status === 'max_attempts_reached') throw new TwilioError(60202);
    if (found?.status !== 'pending') throw notFound(path);
    return this.#compare(found, request.code);
  }

  /** Cancels or approves by hand what has not ended; an exhausted verification can still be canceled. */
  update(serviceSid: string, sidOrTo: string, form: Form, path: string): Verification {
    this.service(serviceSid, path);
    const status = parseStatus(form);
    const found = this.#store.find(serviceSid, sidOrTo);
    const open = found?.status === 'pending' || (found?.status === 'max_attempts_reached' && status === 'canceled');
    if (!found || !open) throw notFound(path);
    found.status = status;
    found.updatedAt = this.#deps.now();
    return found;
  }

  /** An approved verification is gone; canceled and exhausted ones can be fetched until they expire. */
  fetch(serviceSid: string, sidOrTo: string, path: string): Verification {
    this.service(serviceSid, path);
    const found = this.#store.find(serviceSid, sidOrTo);
    if (!found || found.status === 'approved') throw notFound(path);
    return found;
  }

  /** The number behind a SID, for the record of calls; null when the SID is unknown. */
  destination(serviceSid: string, verificationSid: string): string | null {
    return this.#store.find(serviceSid, verificationSid)?.to ?? null;
  }

  #create(slot: Slot, channel: Channel): Verification {
    const createdAt = this.#deps.now();
    const { makeCode = randomCode } = this.#deps;
    const code = makeCode();
    const verification: Verification = {
      ...slot,
      sid: newSid('VE'),
      code,
      channel,
      status: 'pending',
      createdAt,
      updatedAt: createdAt,
      checks: 0,
      sends: [],
    };
    this.#store.add(verification);
    return verification;
  }

  #send(verification: Verification, request: StartRequest): Verification {
    const at = this.#deps.now();
    verification.sends.push({ sid: newSid('VL'), channel: request.channel, at });
    verification.channel = request.channel;
    verification.updatedAt = at;
    this.#deps.deliver(verification, request);
    return verification;
  }

  #compare(verification: Verification, code: string): Verification {
    verification.checks += 1;
    verification.updatedAt = this.#deps.now();
    if (verification.code === code) {
      verification.status = 'approved';
      return verification;
    }
    if (verification.checks >= MAX_CHECKS) verification.status = 'max_attempts_reached';
    // The fifth wrong check still answers "pending"; only a fetch shows that the verification is exhausted.
    return { ...verification, status: 'pending' };
  }
}

function randomCode(): string {
  return String(randomInt(0, 1_000_000)).padStart(6, '0');
}
