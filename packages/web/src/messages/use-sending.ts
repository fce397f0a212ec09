import type { ConversationView } from '@parley/client';
import type { Seq } from '@parley/protocol';
import { useRef } from 'react';
import type { WaitingOptions } from '../files/unsent-files.ts';
import { type NewFiles, useNewFiles } from '../files/use-new-files.ts';
import { useClient } from '../session/use-client.ts';
import type { CommandName } from '../slash-commands/commands.ts';
import { isSendable } from './composer-rules.ts';
import { useNonMemberNotice } from './use-non-member-notice.ts';
import { useDraft } from './use-server-draft.ts';
import { useSlashCommands } from './use-slash-commands.ts';
import { useSlowMode } from './use-slow-mode.ts';

/** The message that is being written, and functions that send it. */
export interface Sending {
  readonly text: string;
  readonly setText: (text: string) => void;
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
  const isReady =
    isSendable(text, files.items.length) && !files.hasFailed && wait === 0 && !commands.isRunning;
  const empty = () => {
    setText('');
    onEmptied();
  };
  const send = () => {
    if (!isReady) return false;
    const mayBeCommand = options.replyTo === undefined && files.items.length === 0;
    const command = mayBeCommand ? commands.commandOf(text) : null;
    if (command) {
      commands.run(command, () => {
        if (latestText.current === text) setText('');
      });
      return false;
    }
    const body = text.trim();
    noticeNonMembers(body);
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
  return { text, setText, files, commands: commands.names, wait, isReady, send, scheduled };
}
