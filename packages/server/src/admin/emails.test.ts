import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { makeTempDir } from '../../test/support/temp-dir.ts';
import { testLog } from '../../test/support/test-log.ts';
import { emailTransport } from '../email/transport.ts';
import { textOf } from './emails.ts';

const LINK = `https://chat.example.org/reset#${'x'.repeat(80)}`;

test.each([
  ['in ASCII', `Open this link:\n\n${LINK}\n`],
  ['in German', `Öffne diesen Link:\n\n${LINK}\n`],
  ['in Arabic', `افتح هذا الرابط:\n\n${LINK}\n`],
])(
  'the text of an email %s is read back from the outbox, with and without HTML',
  async (_, text) => {
    const dataDir = makeTempDir('outbox');
    const config = { smtpUrl: undefined, dataDir, emailFrom: 'parley@example.org' };
    try {
      for (const html of [undefined, `<p>${text}</p>`]) {
        await emailTransport(config, testLog).send({
          id: '01890a5d-ac96-774b-bcce-b302099a8057',
          purpose: 'reset',
          recipient: 'ann@example.org',
          createdAt: 0,
          subject:
            'Größe: a subject that is long enough to be folded into several lines of the file',
          text,
          ...(html !== undefined && { html }),
        });
        const [name = ''] = readdirSync(join(dataDir, 'outbox'));
        const file = readFileSync(join(dataDir, 'outbox', name), 'utf8');
        expect(textOf(file).trim()).toBe(text.trim());
      }
    } finally {
      rmSync(dataDir, { recursive: true, force: true });
    }
  },
);
