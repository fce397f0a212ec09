import type { ParleyClient, TimelineMessage } from '@parley/client';
import { LIMITS, type Seq } from '@parley/protocol';
import {
  AlarmClock,
  BellRing,
  Bookmark,
  Copy,
  Eye,
  EyeOff,
  Flag,
  Forward,
  Link,
  MailOpen,
  MessagesSquare,
  Undo2,
} from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { inAnHour, tomorrowMorning } from '../lib/later.ts';
import { linkTo } from '../lib/message-hash.ts';
import { errorMessage } from '../lib/text.ts';
import { fullTime } from '../lib/time.ts';
import { useClient, useParley } from '../session/use-client.ts';
import { t } from '../texts/index.ts';
import { attempt } from '../ui/attempt.ts';
import { copyText } from '../ui/copy-text.ts';
import { toast } from '../ui/toast.ts';
import type { MoreAction } from './message-action.ts';
import { MoreDialog, type MoreDialogName } from './more-dialog.tsx';
import { useThreadLinks } from './thread-link.ts';
import { usePermissions } from './use-permissions.ts';

/**
 * Returns a function that builds the other actions on a stored message, for where they are shown, and the dialog that
 * one of them has opened.
 */
export function useMoreActions(message: TimelineMessage): {
  readonly actions: () => readonly MoreAction[];
  readonly dialog: ReactNode;
} {
  const client = useClient();
  const [open, setOpen] = useState<MoreDialogName | null>(null);
  const may = usePermissions(message);
  const me = useParley((s) => s.me?.id);
  const members = useParley((s) => s.conversations.get(message.conversation)?.memberCount ?? 0);
  const links = useThreadLinks();
  const { conversation, seq } = message;
  const save = async (remindAt: string | null) => {
    await client.api.personal.save(conversation, seq, remindAt);
    toast(
      remindAt === null
        ? t('message.saved')
        : t('message.reminderSet', { time: fullTime(remindAt) }),
    );
  };
  const saveNow = (remindAt: string | null) =>
    void save(remindAt).catch((error: unknown) => {
      toast.error(t('message.saveFailed'), { description: errorMessage(error) });
    });
  // The read cursors of the conversation do not apply to a thread.
  const isOnlyInThread = message.thread !== null && !message.alsoInConversation;
  const actions = () => [
    ...(links?.mayReply ? [threadAction(() => links.open(message.thread ?? seq))] : []),
    ...(isOnlyInThread ? [] : [unreadAction(client, message)]),
    ...(message.body === '' && message.attachments.length === 0
      ? []
      : [forwardAction(() => setOpen('forward'))]),
    ...copyActions(message),
    ...savingActions(saveNow, () => setOpen('remindAt')),
    ...(members <= LIMITS.receiptsMembers && !isOnlyInThread
      ? [seenByAction(() => setOpen('seenBy'))]
      : []),
    ...(may('hide') ? hidingActions(client, message, () => setOpen('hidden')) : []),
    ...(message.author === me ? [] : othersActions(setOpen)),
  ];
  const dialog = open && (
    <MoreDialog name={open} message={message} onRemind={save} onClose={() => setOpen(null)} />
  );
  return { actions, dialog };
}

const threadAction = (run: () => void): MoreAction => ({
  key: 'thread',
  icon: <MessagesSquare size={16} />,
  label: t('thread.replyIn'),
  run,
});

const unreadAction = (
  client: ParleyClient,
  { conversation, seq }: TimelineMessage,
): MoreAction => ({
  key: 'unread',
  icon: <MailOpen size={16} />,
  label: t('message.markUnread'),
  run: () => client.read(conversation, (seq - 1) as Seq, { unread: true }),
});

const forwardAction = (run: () => void): MoreAction => ({
  key: 'forward',
  icon: <Forward size={16} />,
  label: t('forward.action'),
  run,
});

const seenByAction = (run: () => void): MoreAction => ({
  key: 'seenBy',
  icon: <Eye size={16} />,
  label: t('message.showSeenBy'),
  run,
});

/** Returns the actions of moderators that hide a message, or read it and show it again. */
function hidingActions(
  { api: { moderation } }: ParleyClient,
  { conversation, seq, hiddenAt, poll }: TimelineMessage,
  read: () => void,
): MoreAction[] {
  if (hiddenAt) {
    return [
      {
        key: 'readHidden',
        icon: <Eye size={16} />,
        label: t('message.readHidden'),
        run: read,
      },
      {
        key: 'unhide',
        icon: <Undo2 size={16} />,
        label: t('message.unhide'),
        run: () => void attempt(() => moderation.unhideMessage(conversation, seq)),
      },
    ];
  }
  // The votes of a poll could not be restored.
  if (poll !== null) return [];
  return [
    {
      key: 'hide',
      icon: <EyeOff size={16} />,
      label: t('message.hide'),
      run: () => void attempt(() => moderation.hideMessage(conversation, seq)),
    },
  ];
}

/** Returns the actions on messages of others. */
const othersActions = (open: (dialog: MoreDialogName) => void): MoreAction[] => [
  {
    key: 'why',
    icon: <BellRing size={16} />,
    label: t('why.title'),
    run: () => open('why'),
  },
  {
    key: 'report',
    icon: <Flag size={16} />,
    label: t('report.title'),
    run: () => open('report'),
  },
];

/** Returns the actions that copy the text of a message or a link to it. */
function copyActions(message: TimelineMessage): MoreAction[] {
  const link: MoreAction = {
    key: 'copyLink',
    icon: <Link size={16} />,
    label: t('message.copyLink'),
    run: () => void copyText(linkTo(message), t('message.linkCopied')),
  };
  if (message.body === '') return [link];
  const text: MoreAction = {
    key: 'copyText',
    icon: <Copy size={16} />,
    label: t('message.copyText'),
    run: () => void copyText(message.body, t('message.copied')),
  };
  return [text, link];
}

/** Returns the actions that save a message, with or without a reminder; `askTime` asks when to remind. */
function savingActions(save: (remindAt: string | null) => void, askTime: () => void): MoreAction[] {
  return [
    {
      key: 'save',
      icon: <Bookmark size={16} />,
      label: t('message.save'),
      run: () => save(null),
    },
    {
      key: 'remindSoon',
      icon: <AlarmClock size={16} />,
      label: t('message.remindSoon'),
      run: () => save(inAnHour().toISOString()),
    },
    {
      key: 'remindTomorrow',
      icon: <AlarmClock size={16} />,
      label: t('message.remindTomorrow'),
      run: () => save(tomorrowMorning().toISOString()),
    },
    {
      key: 'remindAt',
      icon: <AlarmClock size={16} />,
      label: t('message.remindAt'),
      run: askTime,
    },
  ];
}
