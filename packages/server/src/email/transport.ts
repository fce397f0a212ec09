import { mkdir, open, rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { SendMailOptions } from 'nodemailer';
import type { Config } from '../config/config.ts';
import type { Logger } from '../runtime/log.ts';

/** The content of an email. */
export interface EmailContent {
  readonly subject: string;
  readonly text: string;
  readonly html?: string;
  /**
   * Local parts of Message-IDs that identify the conversations of the email: clients group emails
   * by them.
   */
  readonly threads?: readonly string[];
  /** The URL to unsubscribe from such emails with one click (RFC 8058). */
  readonly unsubscribeUrl?: string;
}

/** An email as it is passed to the transport. */
export interface OutgoingEmail extends EmailContent {
  /** A UUID, the same for every attempt, so that duplicates can be recognized. */
  readonly id: string;
  readonly purpose: string;
  readonly recipient: string;
  /** Wall clock, ms. */
  readonly createdAt: number;
}

/** Delivers emails. */
export interface EmailTransport {
  readonly kind: 'smtp' | 'outbox';
  /**
   * Delivers an email; resolves when the receiving server has accepted it.
   * @throws {EmailRefused} when it is rejected permanently
   */
  send(email: OutgoingEmail): Promise<void>;
  close(): void;
}

/** Thrown when an email is rejected permanently and must not be retried. */
export class EmailRefused extends Error {
  override name = 'EmailRefused';
  /** Whether it was the address of the recipient that was rejected. */
  readonly isOfAddress: boolean;

  constructor(
    message: string,
    { cause, isOfAddress = false }: { cause?: unknown; isOfAddress?: boolean } = {},
  ) {
    super(message, { cause });
    this.isOfAddress = isOfAddress;
  }
}

/** The error of nodemailer for a rejection. */
interface Rejection {
  readonly code?: unknown;
  readonly command?: unknown;
  readonly responseCode?: unknown;
  readonly response?: unknown;
}

/**
 * Returns whether a permanent rejection is of the recipient’s address: at RCPT TO, unless the server wants a login or
 * has a policy against the sender (530, or 5.7.x of RFC 3463), such as one against relaying. That affects all recipients.
 */
function isRejectionOfAddress({ command, responseCode, response }: Rejection): boolean {
  return (
    command === 'RCPT TO' && responseCode !== 530 && !/^5\d\d[ -]5\.7\./.test(String(response))
  );
}

type EmailConfig = Pick<Config, 'smtpUrl' | 'emailFrom' | 'dataDir'>;

const CONNECT_MS = 15_000;
const IDLE_MS = 30_000;
/** No content of an email is read from a file or a URL. */
const NO_EXTERNAL_CONTENT = { disableFileAccess: true, disableUrlAccess: true } as const;

/** Returns SMTP when SMTP_URL is set, else files in `<data>/outbox`. */
export function emailTransport(config: EmailConfig, log: Logger): EmailTransport {
  if (config.smtpUrl === undefined) return outbox(config, log);
  if (config.emailFrom.includes('@localhost')) {
    log.warn('EMAIL_FROM is not set: other servers may reject email from @localhost');
  }
  return smtp({ ...config, smtpUrl: config.smtpUrl });
}

function smtp(config: EmailConfig & { smtpUrl: string }): EmailTransport {
  const url = new URL(config.smtpUrl);
  const isLoopback = /^(localhost|127\..*|\[::1\])$/.test(url.hostname);
  const transport = lazyTransport(({ createTransport }) =>
    createTransport({
      url: config.smtpUrl,
      connectionTimeout: CONNECT_MS,
      greetingTimeout: CONNECT_MS,
      socketTimeout: IDLE_MS,
      // A password is only sent over an encrypted connection.
      requireTLS: url.username !== '' && !isLoopback,
      ...NO_EXTERNAL_CONTENT,
    }),
  );
  return {
    kind: 'smtp',
    async send(email) {
      try {
        await (await transport.get()).sendMail(compose(email, config));
      } catch (error) {
        const rejection = error as Rejection;
        const { code, responseCode } = rejection;
        // RFC 5321 §4.2.1: 5xx is a permanent rejection, here of this email or its recipient.
        const lasting = typeof responseCode === 'number' && responseCode >= 500;
        if (lasting && (code === 'EENVELOPE' || code === 'EMESSAGE')) {
          throw new EmailRefused((error as Error).message, {
            cause: error,
            isOfAddress: isRejectionOfAddress(rejection),
          });
        }
        throw error;
      }
    },
    close: () => transport.close(),
  };
}

function outbox(config: EmailConfig, log: Logger): EmailTransport {
  const folder = join(config.dataDir, 'outbox');
  const transport = lazyTransport(({ createTransport }) =>
    createTransport({
      streamTransport: true,
      buffer: true,
      newline: 'unix',
      ...NO_EXTERNAL_CONTENT,
    }),
  );
  return {
    kind: 'outbox',
    async send(email) {
      const { message } = await (await transport.get()).sendMail(compose(email, config));
      if (!Buffer.isBuffer(message))
        throw new Error('nodemailer did not return the email as a buffer');
      await mkdir(folder, { recursive: true, mode: 0o700 });
      const time = new Date(email.createdAt).toISOString().replaceAll(':', '-');
      const path = join(folder, `${time}-${email.purpose}-${email.id}.eml`);
      // Readers of the folder never see a partial file.
      const file = await open(`${path}.part`, 'w', 0o600);
      try {
        await file.writeFile(message);
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(`${path}.part`, path);
      log.info({ path, purpose: email.purpose }, 'email written to outbox');
    },
    close: () => transport.close(),
  };
}

/**
 * Creates a transport with the first email: its library takes a tenth of the memory of an idle server.
 */
function lazyTransport<T extends { close(): void }>(
  create: (library: typeof import('nodemailer')) => T,
): { get(): Promise<T>; close(): void } {
  let transport: T | null = null;
  return {
    get: async () => {
      const library = await import('nodemailer');
      transport ??= create(library);
      return transport;
    },
    close: () => transport?.close(),
  };
}

function compose(email: OutgoingEmail, { emailFrom }: EmailConfig): SendMailOptions {
  const [, domain = 'localhost'] = /@([^\s<>@]+?)>?$/.exec(emailFrom) ?? [];
  return {
    from: emailFrom,
    // As an object, so that it is not parsed as a list or a name.
    to: { name: '', address: email.recipient },
    subject: email.subject,
    text: email.text,
    ...(email.html !== undefined && { html: email.html }),
    messageId: `<${email.id}@${domain}>`,
    ...(email.threads && {
      inReplyTo: email.threads.map((thread) => `<${thread}@${domain}>`).join(' '),
      references: email.threads.map((thread) => `<${thread}@${domain}>`),
    }),
    date: new Date(email.createdAt),
    headers: {
      // RFC 3834: suppresses automatic replies.
      'Auto-Submitted': 'auto-generated',
      ...(email.unsubscribeUrl !== undefined && {
        'List-Unsubscribe': `<${email.unsubscribeUrl}>`,
        'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click',
      }),
    },
  };
}
