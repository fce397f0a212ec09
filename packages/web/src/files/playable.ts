/** How a file can be played in the message: null if the browser cannot play it. */
export type Playable = 'audio' | 'video' | null;

/**
 * Recordings of iPhones. Browsers do not say that they play the container, but most play it if they know the codecs in
 * it; if one does not, only the card of the file remains.
 */
const QUICKTIME = 'video/quicktime';

/** Returns how this browser can play a file of a media type. */
export function playable(mediaType: string): Playable {
  const [kind] = mediaType.split('/', 1);
  if (kind !== 'audio' && kind !== 'video') return null;
  if (mediaType === QUICKTIME) return 'video';
  return document.createElement(kind).canPlayType(mediaType) === '' ? null : kind;
}
