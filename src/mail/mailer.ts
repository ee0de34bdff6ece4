import { createTransport, type Transporter } from 'nodemailer';
import { ProviderFailure } from '../otp/provider.ts';

/** Longer than a healthy mail server takes to accept a message; a request waits no longer. */
const TIMEOUT_MS = 8_000;
/** Nodemailer's codes for "no conversation took place". */
const UNREACHABLE = new Set(['ECONNECTION', 'ETIMEDOUT', 'ESOCKET', 'EDNS', 'ECONNREFUSED', 'ECONNRESET', 'EPROXY']);

export interface Mail {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

/** Sends mail by SMTP, over kept connections. */
export class Mailer {
  readonly #transport: Transporter;
  readonly #from: string;

  /** @param smtpUrl smtp:// or smtps://, with user and password in it where the server wants them */
  constructor(smtpUrl: string, from: string) {
    const timeouts = { connectionTimeout: TIMEOUT_MS, greetingTimeout: TIMEOUT_MS, socketTimeout: TIMEOUT_MS };
    // A message is made of our own text only: no file and no URL is ever read into it.
    const options = { url: smtpUrl, pool: true, disableFileAccess: true, disableUrlAccess: true, ...timeouts } as const;
    this.#transport = createTransport(options);
    this.#from = from;
  }

  /** @throws ProviderFailure PROVIDER_ERROR when the server refuses, SERVICE_UNAVAILABLE when it cannot take mail now */
  async send(mail: Mail): Promise<void> {
    try {
      await this.#transport.sendMail({ from: this.#from, ...mail, headers: { 'Auto-Submitted': 'auto-generated' } });
    } catch (error) {
      throw translate(error);
    }
  }

  /** Talks to the server without sending anything. @throws ProviderFailure */
  async verify(): Promise<void> {
    try {
      await this.#transport.verify();
    } catch (error) {
      throw translate(error);
    }
  }

  close(): void {
    this.#transport.close();
  }
}

/** The server's own words can quote the address: only their codes are kept. */
function translate(error: unknown): ProviderFailure {
  const { code = 'no code', responseCode } = error as { code?: string; responseCode?: number };
  const busy = responseCode !== undefined && responseCode >= 400 && responseCode < 500;
  const said = responseCode === undefined ? code : `${code}, ${responseCode}`;
  if (UNREACHABLE.has(code) || busy) {
    const reason = `the mail server of SMTP_URL cannot take mail now (${said})`;
    return new ProviderFailure('SERVICE_UNAVAILABLE', 'answered', { reason, facts: { retryAfterSeconds: 5 } });
  }
  const advice = code === 'EAUTH' ? 'check the user and password in SMTP_URL' : "check MAIL_FROM and the server's log";
  return new ProviderFailure('PROVIDER_ERROR', 'answered', { reason: `the mail server refused (${said}): ${advice}` });
}
