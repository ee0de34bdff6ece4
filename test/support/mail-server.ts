import type { AddressInfo } from 'node:net';
import { SMTPServer } from 'smtp-server';
import { until } from './twilio-server.ts';

interface Mail {
  readonly to: readonly string[];
  readonly subject: string;
  /** The text part, decoded. */
  readonly text: string;
  readonly raw: string;
}

export interface MailServer {
  /** What a server needs to send its mail here. */
  readonly environment: Record<string, string>;
  /** Waits until so many mails to an address have arrived; returns them, oldest first. */
  arrived(to: string, count?: number): Promise<Mail[]>;
  mailsTo(to: string): Mail[];
  /** Refuses every recipient with this SMTP status, until null. */
  refuseWith(status: number | null): void;
  /** Lets every recipient wait until the function that it returns is called. */
  hold(): () => void;
  close(): Promise<void>;
}

/** A real SMTP server on 127.0.0.1 that keeps what it gets. */
export async function startMailServer(): Promise<MailServer> {
  const mails: Mail[] = [];
  let refusal: number | null = null;
  let held = Promise.resolve();
  const smtp = new SMTPServer({
    hideSTARTTLS: true,
    authOptional: true,
    closeTimeout: 100,
    onRcptTo: ({ address }, _session, done) =>
      void held.then(() =>
        done(refusal === null ? null : Object.assign(new Error(`${address} not now`), { responseCode: refusal })),
      ),
    onData: (stream, { envelope }, done) => {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        const raw = Buffer.concat(chunks).toString();
        mails.push({ to: envelope.rcptTo.map(({ address }) => address), ...contentOf(raw), raw });
        done();
      });
    },
  });
  await new Promise<void>((resolve) => smtp.listen(0, '127.0.0.1', resolve));
  const { port } = smtp.server.address() as AddressInfo;
  const mailsTo = (to: string) => mails.filter((mail) => mail.to.includes(to));
  return {
    environment: { SMTP_URL: `smtp://127.0.0.1:${port}`, MAIL_FROM: 'otpql <no-reply@example.org>' },
    arrived: async (to, count = 1) => {
      await until(() => mailsTo(to).length >= count);
      return mailsTo(to);
    },
    mailsTo,
    refuseWith: (status) => (refusal = status),
    hold: () => {
      let release = () => {};
      held = new Promise((resolve) => (release = resolve));
      return release;
    },
    close: () => new Promise<void>((resolve) => smtp.close(() => resolve())),
  };
}

/** Of a multipart message in quoted-printable or plain ASCII. */
function contentOf(raw: string): { subject: string; text: string } {
  const boundary = /boundary="([^"]+)"/.exec(raw)![1]!;
  const part = raw.split(`--${boundary}`).find((one) => /Content-Type: text\/plain/i.test(one))!;
  const body = part.slice(part.indexOf('\r\n\r\n') + 4).replace(/=\r\n/g, '');
  const text = body.replace(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));
  return { subject: /^Subject: (.*)$/im.exec(raw)?.[1]?.trim() ?? '', text };
}
