import type { ConversationView } from '@parley/client';
import type { Seq } from '@parley/protocol';
import { useRef } from 'react';
import type { WaitingOptions } from '../files/unsent-files.ts';
import { type NewFiles, useNewFiles } from '../files/use-new-files.ts';
import { useClient } from '../session/use-client.ts';
import { type CommandName, typedCommand } from '../slash-commands/commands.ts';
import { messageOf } from '../slash-commands/text-commands.ts';
import { isSendable } from './drafts/sendable.ts';
import { useDraft } from './drafts/use-server-draft.ts';
import { quickReactionOf, reactToLast } from './quick-reaction.ts';
import { useNonMemberNotice } from './use-non-member-notice.ts';
import { useSlashCommands } from './use-slash-commands.ts';
import { useSlowMode } from './use-slow-mode.ts';

/** The message that is being written, and functions that send it. */
export interface Sending {
  readonly text: string;
  readonly setText: (text: string) => void;
  /** The text that is posted: that of a command such as `/me` differs from the text that was typed. */
  readonly body: string;
  readonly files: NewFiles;
  /** The slash commands that the user may use here. */
  readonly commands: readonly CommandName[];
  /** Seconds until the next message may be sent in slow mode. */
  readonly wait: number;
  /** Whether the message can be sent now. */
  readonly isReady: boolean;
  /** Posts the message, or executes the slash command in the text. Returns whether a message was sent. */
  readonly send: () => boolean;
  /** Empties the field after the message was scheduled. */
  readonly scheduled: () => void;
}

/** Holds the text and the files of the message that is being written in a conversation or thread, and sends them. */
export function useSending({
  view,
  thread,
  options,
  onEmptied,
}: {
  view: ConversationView;
  /** The root of the thread. */
  thread?: Seq;
  /** The options of the post. */
  options: WaitingOptions;
  /** Called after the message was sent or scheduled, to reset its options. */
  onEmptied: () => void;
}): Sending {
  const client = useClient();
  const place = { conversation: view.id, ...(thread !== undefined && { thread }) };
  const { text, setText, sent } = useDraft(place);
  const latestText = useRef(text);
  latestText.current = text;
  const files = useNewFiles(place);
  const wait = useSlowMode(view);
  const noticeNonMembers = useNonMemberNotice(view);
  const commands = useSlashCommands(view, thread !== undefined);
  const body = writtenBy(text, commands.names) ?? text.trim();
  const isReady =
    isSendable(text, files.items.length) && !files.hasFailed && wait === 0 && !commands.isRunning;
  const empty = () => {
    setText('');
    onEmptied();
  };
  /** Empties the field of a text that was no message. A save of it that is in flight would bring it back otherwise. */
  const discard = () => {
    sent(Promise.resolve());
    setText('');
  };
  const send = () => {
    if (!isReady) return false;
    const isTextOnly = options.replyTo === undefined && files.items.length === 0;
    const emoji = isTextOnly ? quickReactionOf(text, client.snapshot.emoji.values()) : null;
    if (emoji !== null && thread === undefined && reactToLast(client, view, emoji)) {
      discard();
      return false;
    }
    const command = isTextOnly ? commands.commandOf(text) : null;
    if (command && writtenBy(text, commands.names) === null) {
      commands.run(command, () => {
        if (latestText.current === text) discard();
      });
      return false;
    }
    void noticeNonMembers(body);
    if (files.isUploaded) {
      sent(client.post(view.id, body, { ...options, attachments: files.take() }).settled);
    } else files.sendWhenUploaded(body, options);
    empty();
    return true;
  };
  const scheduled = () => {
    sent(Promise.resolve());
    empty();
  };
  return { text, setText, body, files, commands: commands.names, wait, isReady, send, scheduled };
}

/** Returns the message that the slash command in a text writes; null if there is none. */
function writtenBy(text: string, names: readonly CommandName[]): string | null {
  const command = typedCommand(text, names);
  return command && messageOf(command);
}
