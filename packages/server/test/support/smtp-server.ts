import type { AddressInfo } from 'node:net';
import PostalMime, { type Email } from 'postal-mime';
import { SMTPServer } from 'smtp-server';

/** An email as received over SMTP. */
export interface Received {
  /** Of the envelope. */
  readonly from: string;
  readonly to: readonly string[];
  readonly raw: string;
  readonly email: Email;
  readonly text: string;
}

/** An SMTP server that keeps what it receives. */
export interface EmailSink {
  /** For SMTP_URL. */
  readonly url: string;
  readonly received: readonly Received[];
  /** Waits for the first unread email to this address. */
  next(to: string): Promise<Received>;
  /** Returns the six digits of the next email to this address. */
  code(to: string): Promise<string>;
  /** Returns what follows the `#` in the link of the next email to this address. */
  token(to: string): Promise<string>;
  /** Marks all emails so far as read, before the next test. */
  forget(): void;
  /** Rejects the next emails, this many, with this SMTP status. */
  refuse(times: number, status: number): void;
  /** Rejects this recipient with this answer, such as `550 5.1.1 User unknown`; null: no longer. */
  rejectRecipient(address: string, answer: string | null): void;
  stop(): Promise<void>;
}

/** Starts a real SMTP server on a free port. */
export async function startEmailSink(): Promise<EmailSink> {
  const received: Received[] = [];
  const taken = new Set<Received>();
  const waiting = new Set<() => void>();
  const rejected = new Map<string, string>();
  let refusals = { times: 0, status: 0 };
  const server = new SMTPServer({
    disabledCommands: ['STARTTLS', 'AUTH'],
    onRcptTo({ address }, _session, done) {
      const [, code, text = ''] = /^(\d{3}) (.*)$/.exec(rejected.get(address) ?? '') ?? [];
      done(
        code === undefined ? null : Object.assign(new Error(text), { responseCode: Number(code) }),
      );
    },
    onData(stream, session, done) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        if (refusals.times > 0) {
          refusals.times--;
          done(Object.assign(new Error('Not now'), { responseCode: refusals.status }));
          return;
        }
        const raw = Buffer.concat(chunks).toString('utf8');
        const { mailFrom, rcptTo } = session.envelope;
        PostalMime.parse(raw).then((email) => {
          received.push({
            from: mailFrom ? mailFrom.address : '',
            to: rcptTo.map((receiver) => receiver.address),
            raw,
            email,
            text: email.text ?? '',
          });
          for (const wake of waiting) wake();
          done();
        }, done);
      });
    },
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.server.address() as AddressInfo;

  const next = (to: string): Promise<Received> =>
    new Promise((resolve, reject) => {
      const look = () => {
        const found = received.find((m) => m.to.includes(to) && !taken.has(m));
        if (!found) return;
        taken.add(found);
        waiting.delete(look);
        clearTimeout(late);
        resolve(found);
      };
      const late = setTimeout(() => {
        waiting.delete(look);
        reject(new Error(`No email arrived for ${to}`));
      }, 15_000);
      waiting.add(look);
      look();
    });
  const found = (pattern: RegExp, what: string) => async (to: string) => {
    const { text } = await next(to);
    const [, match] = pattern.exec(text) ?? [];
    if (match === undefined) throw new Error(`No ${what} in: ${text}`);
    return match;
  };
  return {
    url: `smtp://127.0.0.1:${port}`,
    received,
    next,
    code: found(/^ {4}(\d{6})$/m, 'code'),
    token: found(/#([\w-]{43})$/m, 'link'),
    forget: () => {
      for (const email of received) taken.add(email);
    },
    refuse: (times, status) => {
      refusals = { times, status };
    },
    rejectRecipient: (address, answer) => {
      if (answer === null) rejected.delete(address);
      else rejected.set(address, answer);
    },
    stop: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
