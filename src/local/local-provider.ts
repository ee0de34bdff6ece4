import type { Delivery, OtpProvider } from '../otp/ports.ts';
import type { Keyring } from '../otp/keyring.ts';
import type { DevelopmentInbox } from './inbox.ts';

/** The local engine: makes its own codes and hands them to the development inbox. */
export class LocalProvider implements OtpProvider {
  readonly name = 'local';
  readonly #keyring: Keyring;
  readonly #inbox: DevelopmentInbox;

  constructor(keyring: Keyring, inbox: DevelopmentInbox) {
    this.#keyring = keyring;
    this.#inbox = inbox;
  }

  codeOf(challengeId: string): string {
    return this.#keyring.code(challengeId);
  }

  start({ to, channel, purpose, challengeId }: Delivery): Promise<void> {
    this.#inbox.deliver({ to, channel, purpose, code: this.codeOf(challengeId) });
    return Promise.resolve();
  }
}
