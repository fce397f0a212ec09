import type { Attachment } from '@parley/protocol';
import { useState } from 'react';
import { t } from '../texts/index.ts';
import { useFileLinks } from './file-links.ts';

/**
 * Plays an audio or video file with the controls of the browser. Of a file that is not played, only the beginning is
 * loaded, for its length and first picture. The size of the player does not depend on whether the file can be played,
 * so that the list of messages does not shift.
 */
export function MediaPlayer({ file, kind }: { file: Attachment; kind: 'audio' | 'video' }) {
  const { links, retry } = useFileLinks(file.id);
  const [isBroken, setBroken] = useState(false);
  if (isBroken) {
    return (
      <p className="grid size-full place-items-center px-3 text-center text-caption text-muted">
        {t('files.notPlayable')}
      </p>
    );
  }
  if (!links) return null;
  const onError = () => {
    // A tab can be open for longer than a link is valid.
    if (Date.parse(links.expiresAt) <= Date.now()) retry();
    else setBroken(true);
  };
  // Files that users attach have no captions.
  const Player = kind;
  return (
    <Player
      src={links.url}
      controls
      preload="metadata"
      aria-label={file.name}
      onError={onError}
      className={kind === 'video' ? 'size-full rounded-t-lg bg-sunken' : 'size-full px-1'}
      {...(kind === 'video' && { playsInline: true })}
    />
  );
}
