import { mkdir, open, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { createTransport, type SendMailOptions } from 'nodemailer';
import type { Config } from '../config.ts';
import type { Logger } from '../log.ts';

/** A mail as it is handed on. */
export interface Letter {
  /** A UUID: the same for every try, so that a mail which arrives twice is known for one. */
  readonly id: string;
  readonly purpose: string;
  readonly recipient: string;
  readonly subject: string;
  readonly text: string;
  /** Wall clock, ms. */
  readonly createdAt: number;
}

/** A way out for mails. */
export interface EmailTransport {
  readonly kind: 'smtp' | 'outbox';
  /**
   * Hands a mail on; returns when the other side has taken it.
   * @throws {MailRefused} when it never will
   */
  send(letter: Letter): Promise<void>;
  close(): void;
}

/** The other side will not take this mail however often it is tried. */
export class EmailRefused extends Error {
  override name = 'MailRefused';
}

type EmailConfig = Pick<Config, 'smtpUrl' | 'emailFrom' | 'dataDir'>;

const CONNECT_MS = 15_000;
const SILENT_MS = 30_000;
/** Nothing in a mail is ever taken from a file or an address. */
const CLOSED = { disableFileAccess: true, disableUrlAccess: true } as const;

/** SMTP when SMTP_URL is set, else files in `<data>/outbox`. */
export function emailTransport(config: EmailConfig, log: Logger): EmailTransport {
  if (config.smtpUrl === undefined) return outbox(config, log);
  if (config.emailFrom.includes('@localhost')) {
    log.warn('EMAIL_FROM is not set: mail servers elsewhere may refuse mails from @localhost');
  }
  return smtp({ ...config, smtpUrl: config.smtpUrl });
}

function smtp(config: EmailConfig & { smtpUrl: string }): EmailTransport {
  const url = new URL(config.smtpUrl);
  const here = /^(localhost|127\..*|\[::1\])$/.test(url.hostname);
  const transport = createTransport({
    url: config.smtpUrl,
    connectionTimeout: CONNECT_MS,
    greetingTimeout: CONNECT_MS,
    socketTimeout: SILENT_MS,
    // A password goes over the net encrypted or not at all.
    requireTLS: url.username !== '' && !here,
    ...CLOSED,
  });
  return {
    kind: 'smtp',
    async send(letter) {
      try {
        await transport.sendMail(compose(letter, config));
      } catch (error) {
        const { code, responseCode } = error as { code?: unknown; responseCode?: unknown };
        // RFC 5321 §4.2.1: 5xx is a lasting refusal, here of this mail or its receiver.
        const lasting = typeof responseCode === 'number' && responseCode >= 500;
        if (lasting && (code === 'EENVELOPE' || code === 'EMESSAGE')) {
          throw new EmailRefused((error as Error).message, { cause: error });
        }
        throw error;
      }
    },
    close: () => transport.close(),
  };
}

function outbox(config: EmailConfig, log: Logger): EmailTransport {
  const folder = join(config.dataDir, 'outbox');
  const transport = createTransport({
    streamTransport: true,
    buffer: true,
    newline: 'unix',
    ...CLOSED,
  });
  return {
    kind: 'outbox',
    async send(letter) {
      const { message } = await transport.sendMail(compose(letter, config));
      if (!Buffer.isBuffer(message)) throw new Error('The mail was not made as one piece');
      await mkdir(folder, { recursive: true, mode: 0o700 });
      const time = new Date(letter.createdAt).toISOString().replaceAll(':', '-');
      const path = join(folder, `${time}-${letter.purpose}-${letter.id}.eml`);
      // Whoever waits for the file never sees half of it.
      const file = await open(`${path}.part`, 'w', 0o600);
      try {
        await file.writeFile(message);
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(`${path}.part`, path);
      log.info({ path, purpose: letter.purpose }, 'a mail was put into the outbox (no SMTP_URL)');
    },
    close: () => transport.close(),
  };
}

function compose(letter: Letter, { emailFrom }: EmailConfig): SendMailOptions {
  const [, domain = 'localhost'] = /@([^\s<>@]+?)>?$/.exec(emailFrom) ?? [];
  return {
    from: emailFrom,
    // As an object: nothing in it is read as a list or as a name.
    to: { name: '', address: letter.recipient },
    subject: letter.subject,
    text: letter.text,
    messageId: `<${letter.id}@${domain}>`,
    date: new Date(letter.createdAt),
    headers: {
      // RFC 3834: no holiday notes in answer.
      'Auto-Submitted': 'auto-generated',
    },
  };
}
