import type { TimelineMessage } from '@parley/client';
import type { Attachment, LinkPreview } from '@parley/protocol';
import { X } from 'lucide-react';
import { useState } from 'react';
import { useFileLinks } from '../files/file-links.ts';
import { displayText } from '../lib/display-text.ts';
import { useClient, useParley } from '../session/use-client.ts';
import { t } from '../texts/index.ts';
import { attempt } from '../ui/attempt.ts';
import { IconButton } from '../ui/button.tsx';
import { usePermissions } from './use-permissions.ts';

/** Shows the titles and descriptions of the pages that a message links to, as text. */
export function LinkPreviews({ message }: { message: TimelineMessage }) {
  const client = useClient();
  const me = useParley((s) => s.me);
  const may = usePermissions(message);
  const mayRemove = message.author === me?.id || may('delete');
  const { conversation, seq } = message;
  return message.previews.map((preview) => (
    <li key={preview.url} className="relative h-24 max-w-md">
      <Card preview={preview} />
      {mayRemove && (
        <IconButton
          label={t('preview.remove', { title: preview.title ?? preview.url })}
          className="absolute top-1 end-1 size-8 bg-raised/85"
          onClick={() =>
            void attempt(() => client.api.previews.remove(conversation, seq, preview.url))
          }
        >
          <X size={15} aria-hidden="true" />
        </IconButton>
      )}
    </li>
  ));
}

function Card({ preview }: { preview: LinkPreview }) {
  const { url, title, description, siteName, image } = preview;
  return (
    <a
      href={url}
      title={url}
      target="_blank"
      rel="noopener noreferrer nofollow"
      className="flex size-full overflow-hidden rounded-lg border border-line bg-raised hover:bg-hover"
    >
      {image && <Picture image={image} />}
      <span dir="auto" className="min-w-0 flex-1 py-2 ps-3 pe-9 text-start">
        {/* The host first, because a page may claim the name of another site. */}
        <span className="block truncate text-caption text-muted">
          <bdi>{hostOf(url)}</bdi>
          {siteName !== undefined && siteName !== hostOf(url) && (
            <>
              {' · '}
              <bdi>{displayText(siteName)}</bdi>
            </>
          )}
        </span>
        <span className="block truncate font-medium text-sm">{displayText(title ?? url)}</span>
        {description !== undefined && (
          <span className="line-clamp-2 text-note text-soft">{displayText(description)}</span>
        )}
      </span>
    </a>
  );
}

/** Shows the image of a page, proxied by this server. Its box has the final size before it is loaded. */
function Picture({ image }: { image: Attachment }) {
  const { links } = useFileLinks(image.id);
  const [failed, setFailed] = useState(false);
  return (
    <span className="block size-24 shrink-0 bg-sunken">
      {links?.previewUrl && !failed && (
        <img
          src={links.previewUrl}
          alt=""
          loading="lazy"
          decoding="async"
          draggable={false}
          className="size-full object-cover"
          onError={() => setFailed(true)}
        />
      )}
    </span>
  );
}

const hostOf = (url: string): string => (URL.canParse(url) ? new URL(url).host : url);
