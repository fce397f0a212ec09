import { Timestamp } from '../base/bounds.ts';
import { AccountId, EmojiId, FileId, ImageId, Seq } from '../base/ids.ts';
import { LIMITS } from '../base/limits.ts';
import { z } from '../base/z.ts';
import { EMOJI_NAME } from '../messages/mention-text.ts';

/** Bodies and responses of the custom emoji of the server. */

/** A name that stands for a custom emoji in a text, between colons: `:party-parrot:`. */
export const EmojiName = z
  .string()
  .min(LIMITS.emojiNameMin, `A name needs at least ${LIMITS.emojiNameMin} characters`)
  .max(LIMITS.emojiNameMax, `Name can have at most ${LIMITS.emojiNameMax} characters`)
  .regex(
    new RegExp(`^${EMOJI_NAME}$`),
    'Use lower-case letters, digits, “+”, “-” and “_”, not beginning with “_”',
  )
  .meta({ examples: ['party-parrot'] });
const Aliases = z.array(EmojiName).max(LIMITS.emojiAliases);

/** A custom emoji. `changedSeq`: its last event in the workspace stream. */
export const CustomEmoji = z
  .object({
    id: EmojiId,
    name: z.string().meta({ examples: ['party-parrot'] }),
    aliases: z.array(z.string()),
    /** Null: it was deleted; only its name is kept, for messages and reactions that use it. */
    image: ImageId.nullable(),
    /** The account that added it. */
    creator: AccountId,
    createdAt: Timestamp,
    changedSeq: Seq,
  })
  .meta({ id: 'CustomEmoji' });
export type CustomEmoji = z.infer<typeof CustomEmoji>;

/** All custom emoji by name, as of the event `asOf` of the workspace stream. */
export const CustomEmojiAnswer = z
  .object({ items: z.array(CustomEmoji), asOf: Seq })
  .meta({ id: 'CustomEmojiAnswer' });
export type CustomEmojiAnswer = z.infer<typeof CustomEmojiAnswer>;

/** A new custom emoji. The file is an image, uploaded by the caller, and in no message. */
export const CreateEmojiBody = z
  .object({ name: EmojiName, aliases: Aliases.default([]), file: FileId })
  .meta({
    examples: [
      {
        name: 'party-parrot',
        aliases: ['parrot-dance'],
        file: '0197a2c4-0000-7000-8000-000000000001',
      },
    ],
  });
export type CreateEmojiBody = z.input<typeof CreateEmojiBody>;

/** Missing fields are unchanged. */
export const UpdateEmojiBody = z
  .object({ name: EmojiName.optional(), aliases: Aliases.optional() })
  .refine(({ name, aliases }) => name !== undefined || aliases !== undefined, {
    message: 'Specify at least one field to change',
  })
  .meta({ examples: [{ name: 'party-parrot' }] });
export type UpdateEmojiBody = z.input<typeof UpdateEmojiBody>;
