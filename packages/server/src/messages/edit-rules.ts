import { refusal } from '@parley/protocol';
import { newEvent } from '../stream/stream-transaction.ts';
import { filesDetached } from './content/attachments.ts';
import {
  imagesWithout,
  linksOfEdit,
  mayHaveLinks,
  previewedEvent,
} from './content/link-previews.ts';
import { findNames, mentionsOf, namesIn } from './content/mentions.ts';
import { messageRule } from './message-rule.ts';
import { placeOf, summariesWithout } from './threads/thread-roots.ts';

/**
 * Decides edits: the author replaces the text. New names in it are resolved; the others keep their
 * meaning.
 */
export const editRule = messageRule('messages.edit', 'edit', async (tx, command, target) => {
  if (target.deleted) return { refuse: refusal('message_deleted') };
  if (target.hidden) return { refuse: refusal('message_hidden') };
  const { stream, message, text: body, actor, conversation } = command;
  const names = namesIn(body);
  const foundNames = await findNames(tx, [{ actor, conversation, names }]);
  const { mayMentionEveryone, mentions: before } = target;
  const text = { names, mayMentionEveryone, before };
  const mentions = mentionsOf(0, text, foundNames);
  const data = { message, body, ...placeOf(target.inThread), ...(mentions && { mentions }) };
  const edited = newEvent(stream, 'message.edited', data);
  const { previews } = target;
  if (previews.length === 0 && !mayHaveLinks(body)) return { events: [edited] };
  // Previews of removed links are removed at once; new links are fetched later.
  const remaining = previews.filter(({ url }) => body.includes(url));
  const losesPreviews = remaining.length < previews.length;
  const images = imagesWithout(previews, remaining);
  return {
    events: losesPreviews ? [edited, previewedEvent(conversation, message, remaining)] : [edited],
    writes: [
      ...(images.length > 0 ? [filesDetached(images, tx.at)] : []),
      linksOfEdit(conversation, message, target.author),
    ],
  };
});

/** Decides deletions. Deleting a deleted message changes nothing. */
export const deleteRule = messageRule('messages.delete', 'delete', async (tx, command, target) => {
  // The last change of a deleted message is its deletion.
  if (target.deleted) return { unchanged: target.changedSeq };
  const { stream, message } = command;
  const data = { message, author: target.author, ...placeOf(target.inThread) };
  const writes = target.files.length > 0 && { writes: [filesDetached(target.files, tx.at)] };
  if (!target.inThread) return { events: [newEvent(stream, 'message.deleted', data)], ...writes };
  const { conversation } = command;
  const [threadSummary = null] = await summariesWithout(tx, conversation, [message], [data]);
  return { events: [newEvent(stream, 'message.deleted', { ...data, threadSummary })], ...writes };
});
