import type { Mailer } from '../mail/mailer.ts';
import { codeMail } from '../mail/code-mail.ts';
import type { Keyring } from '../keyring.ts';
import { codeOf } from '../otp/one-time-code.ts';
import type { Delivery, LocalEngine } from '../otp/provider.ts';
import { AppError } from '../errors.ts';
import type { DevelopmentInbox } from './inbox.ts';

/** The local engine: makes its own codes and hands them to the mail server (EMAIL, where one is set) or the development inbox. */
export class LocalProvider implements LocalEngine {
  readonly kind = 'local';
  readonly name = 'local';
  readonly #keyring: Keyring;
  readonly #inbox: DevelopmentInbox | null;
  readonly #mailer: Mailer | null;

  constructor(keyring: Keyring, senders: { readonly inbox: DevelopmentInbox | null; readonly mailer: Mailer | null }) {
    this.#keyring = keyring;
    this.#inbox = senders.inbox;
    this.#mailer = senders.mailer;
  }

  codeOf(codeId: string): string {
    return codeOf(this.#keyring, codeId);
  }

  async start({ to, channel, purpose, codeId, payment }: Delivery): Promise<void> {
    const code = this.codeOf(codeId);
    if (channel === 'EMAIL' && this.#mailer) return this.#mailer.send(codeMail(to, code, purpose, payment));
    if (!this.#inbox) throw new AppError('CHANNEL_UNAVAILABLE', { reason: `nothing delivers ${channel} here` });
    this.#inbox.deliver({ to, channel, purpose, code, ...(payment && { transaction: payment }) });
  }
}
