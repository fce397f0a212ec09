import { type CustomEmoji, customEmojiOf, type EmojiId, type ImageId } from '@parley/protocol';
import { useState } from 'react';
import { useImageUrl } from '../session/image-token.ts';
import { useClient } from '../session/use-client.ts';
import { emojiLabel } from './emoji-label.ts';
import { useCustomEmoji } from './use-custom-emoji.ts';

/** Shows a custom emoji in the size of the text around it. `name` is read aloud, and copied with the text. */
export function CustomEmojiImage({ image, name }: { image: ImageId; name: string }) {
  const client = useClient();
  const moving = useImageUrl(client, image, 256);
  const still = useImageUrl(client, image, 64);
  const [failed, setFailed] = useState<string | null>(null);
  const label = `:${name}:`;
  if (moving.url === null || still.url === null || failed === moving.url) return label;
  return (
    <picture>
      <source media="(prefers-reduced-motion: reduce)" srcSet={still.url} />
      <img
        src={moving.url}
        alt={label}
        title={label}
        loading="lazy"
        decoding="async"
        className="inline-block size-[1.4em] object-contain align-[-0.3em]"
        onError={() => {
          setFailed(moving.url);
          moving.onError();
        }}
      />
    </picture>
  );
}

/** Shows a custom emoji in a text; the typed `:name:` if it was deleted. */
export function CustomEmojiInText({ id, text }: { id: EmojiId; text: string }) {
  const emoji = useCustomEmoji().get(id);
  if (emoji?.image) return <CustomEmojiImage image={emoji.image} name={emoji.name} />;
  // Names have normal text size, even where emoji are larger.
  return <span className="in-data-only-emoji:text-body">{text}</span>;
}

/** Shows the emoji of a reaction: Unicode, or a custom one, whose name is shown if it was deleted. */
export function ReactionEmoji({ emoji }: { emoji: string }) {
  const id = customEmojiOf(emoji);
  return id === null ? emoji : <CustomReaction id={id} emoji={emoji} />;
}

function CustomReaction({ id, emoji }: { id: EmojiId; emoji: string }) {
  const custom = useCustomEmoji();
  const customEmoji: CustomEmoji | undefined = custom.get(id);
  if (customEmoji?.image)
    return <CustomEmojiImage image={customEmoji.image} name={customEmoji.name} />;
  return <bdi className="text-caption">{emojiLabel(emoji, custom)}</bdi>;
}
