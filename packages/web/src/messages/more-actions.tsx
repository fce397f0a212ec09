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
import { inAnHour, tomorrowMorning } from '../lib/later.ts';
import { linkTo } from '../lib/message-hash.ts';
import { errorMessage } from '../lib/text.ts';
import { useClient, useParley } from '../session/use-client.ts';
import { t } from '../texts/index.ts';
import { attempt } from '../ui/attempt.ts';
import { copyText } from '../ui/copy-text.ts';
import { toast } from '../ui/toast.ts';
import type { MoreAction } from './message-action.ts';
import type { MoreDialogName } from './more-dialog.tsx';
import { useThreadLinks } from './thread-link.ts';
import { usePermissions } from './use-permissions.ts';
import { useSaveMessage } from './use-save-message.ts';

/** Returns the other actions on a stored message; `open` opens the dialog of one of them. */
export function useMoreActions(
  message: TimelineMessage,
  open: (dialog: MoreDialogName) => void,
): readonly MoreAction[] {
  const client = useClient();
  const may = usePermissions(message);
  const me = useParley((s) => s.me?.id);
  const members = useParley((s) => s.conversations.get(message.conversation)?.memberCount ?? 0);
  const links = useThreadLinks();
  const save = useSaveMessage(message);
  const saveNow = (remindAt: string | null) =>
    void save(remindAt).catch((error: unknown) => {
      toast.error(t('message.saveFailed'), { description: errorMessage(error) });
    });
  // The read cursors of the conversation do not apply to a thread.
  const isOnlyInThread = message.thread !== null && !message.alsoInConversation;
  return [
    ...(links?.mayReply
      ? [threadAction(() => links.open(message.thread ?? message.seq, message.seq))]
      : []),
    ...(isOnlyInThread ? [] : [unreadAction(client, message)]),
    ...(message.body === '' && message.attachments.length === 0
      ? []
      : [forwardAction(() => open('forward'))]),
    ...copyActions(message),
    ...savingActions(saveNow, () => open('remindAt')),
    ...(members <= LIMITS.receiptsMembers && !isOnlyInThread
      ? [seenByAction(() => open('seenBy'))]
      : []),
    // To take back one’s own message, one deletes it.
    ...(may('hide') && (message.hiddenAt || message.author !== me)
      ? hidingActions(client, message, () => open('hidden'))
      : []),
    ...(message.author === me ? [] : othersActions(open)),
  ];
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
  const unhide = () => void attempt(() => moderation.unhideMessage(conversation, seq));
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
        run: unhide,
      },
    ];
  }
  // The votes of a poll could not be restored.
  if (poll !== null) return [];
  const hide = async () => {
    const isHidden = await attempt(() => moderation.hideMessage(conversation, seq));
    if (isHidden)
      toast(t('message.hiddenNotice'), { action: { label: t('message.undo'), onClick: unhide } });
  };
  return [
    {
      key: 'hide',
      icon: <EyeOff size={16} />,
      label: t('message.hide'),
      run: () => void hide(),
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
