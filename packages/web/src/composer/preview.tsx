import { useMemo } from 'react';
import { Markup } from '../messages/markup.tsx';
import { useClient } from '../session/use-client.ts';
import { t } from '../texts/index.ts';
import { previewMentions } from './preview-mentions.ts';

/** Shows a text as it will look when it is sent, with the mentions that this device can resolve. */
export function Preview({ text }: { text: string }) {
  const client = useClient();
  const mentions = useMemo(() => previewMentions(text, client.snapshot), [client, text]);
  return (
    <section
      aria-label={t('composer.previewTitle')}
      className="max-h-60 min-h-10 overflow-y-auto px-2 py-2"
    >
      <Markup id="preview" text={text.trim()} mentions={mentions} />
    </section>
  );
}
