import { lazyPart } from '../queries/lazy-part.tsx';

/** The picker with all emoji; it is loaded when it is first shown. */
export const LazyEmojiPicker = lazyPart(
  async () => (await import('./emoji-picker.tsx')).EmojiPicker,
);
