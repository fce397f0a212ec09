import type { TimelineMessage } from '@parley/client';
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
import { toast } from 'sonner';
import { attempt } from '../lib/attempt.ts';
import { inAnHour, tomorrowMorning } from '../lib/later.ts';
import { lazyPart } from '../lib/lazy-part.tsx';
import { linkTo } from '../lib/message-hash.ts';
import { errorMessage } from '../lib/text.ts';
import { fullTime } from '../lib/time.ts';
import { useClient, useParley } from '../session/use-client.ts';
import { t } from '../texts/index.ts';
import { useThreadLinks } from './thread-link.ts';
import { usePermissions } from './use-permissions.ts';

const ForwardDialog = lazyPart(async () => (await import('./forward-dialog.tsx')).ForwardDialog);
const HiddenMessageDialog = lazyPart(
  async () => (await import('./hidden-message.tsx')).HiddenMessageDialog,
);
const ChooseTime = lazyPart(async () => (await import('../personal/send-later.tsx')).SendLater);
const SeenBy = lazyPart(async () => (await import('./seen-by.tsx')).SeenBy);
const ReportMessage = lazyPart(async () => (await import('./report-message.tsx')).ReportMessage);

const WhyNotifiedDialog = lazyPart(
  async () => (await import('../notifications/why-notified.tsx')).WhyNotifiedDialog,
);

/** An entry in the menu of a message. */
export interface MoreAction {
  readonly key: string;
  readonly icon: ReactNode;
  readonly label: string;
  /** Whether it deletes something. */
  readonly danger?: boolean;
  run(): void;
}

/**
 * Returns a function that builds the other actions on a stored message, for where they are shown, and the dialog that
 * one of them has opened.
 */
export function useMoreActions(message: TimelineMessage): {
  readonly actions: () => readonly MoreAction[];
  readonly dialog: ReactNode;
} {
  const client = useClient();
  const [isSeenByShown, setSeenByShown] = useState(false);
  const [isForwarding, setForwarding] = useState(false);
  const [isWhyShown, setWhyShown] = useState(false);
  const [isTimeAsked, setTimeAsked] = useState(false);
  const [isReportShown, setReportShown] = useState(false);
  const [isHiddenShown, setHiddenShown] = useState(false);
  const may = usePermissions(message);
  const me = useParley((s) => s.me?.id);
  const members = useParley((s) => s.conversations.get(message.conversation)?.memberCount ?? 0);
  const { conversation, seq } = message;
  const save = async (remindAt: string | null) => {
    await client.api.personal.save(conversation, seq, remindAt);
    toast(
      remindAt === null
        ? t('message.saved')
        : t('message.reminderSet', { time: fullTime(remindAt) }),
    );
  };
  // The read cursors of the conversation do not apply to a thread.
  const isOnlyInThread = message.thread !== null && !message.alsoInConversation;
  const links = useThreadLinks();
  const root = message.thread ?? seq;
  const build = (): readonly MoreAction[] => {
    const actions: MoreAction[] = [
      ...(links?.mayReply
        ? [
            {
              key: 'thread',
              icon: <MessagesSquare size={16} />,
              label: t('thread.replyIn'),
              run: () => links.open(root),
            },
          ]
        : []),
      ...(isOnlyInThread
        ? []
        : [
            {
              key: 'unread',
              icon: <MailOpen size={16} />,
              label: t('message.markUnread'),
              run: () => client.read(conversation, (seq - 1) as Seq, { unread: true }),
            },
          ]),
      ...(message.body === '' && message.attachments.length === 0
        ? []
        : [
            {
              key: 'forward',
              icon: <Forward size={16} />,
              label: t('forward.action'),
              run: () => setForwarding(true),
            },
          ]),
      ...copyActions(message),
      ...savingActions(
        (remindAt) =>
          void save(remindAt).catch((error: unknown) => {
            toast.error(t('message.saveFailed'), { description: errorMessage(error) });
          }),
        () => setTimeAsked(true),
      ),
    ];
    if (members <= LIMITS.receiptsMembers && !isOnlyInThread) {
      actions.push({
        key: 'seenBy',
        icon: <Eye size={16} />,
        label: t('message.showSeenBy'),
        run: () => setSeenByShown(true),
      });
    }
    if (may('hide')) {
      const { moderation } = client.api;
      if (message.hiddenAt) {
        actions.push({
          key: 'readHidden',
          icon: <Eye size={16} />,
          label: t('message.readHidden'),
          run: () => setHiddenShown(true),
        });
        actions.push({
          key: 'unhide',
          icon: <Undo2 size={16} />,
          label: t('message.unhide'),
          run: () => void attempt(() => moderation.unhideMessage(conversation, seq)),
        });
      } else if (message.poll === null) {
        actions.push({
          key: 'hide',
          icon: <EyeOff size={16} />,
          label: t('message.hide'),
          run: () => void attempt(() => moderation.hideMessage(conversation, seq)),
        });
      }
    }
    if (message.author !== me) {
      actions.push({
        key: 'why',
        icon: <BellRing size={16} />,
        label: t('why.title'),
        run: () => setWhyShown(true),
      });
      actions.push({
        key: 'report',
        icon: <Flag size={16} />,
        label: t('report.title'),
        run: () => setReportShown(true),
      });
    }
    return actions;
  };
  const dialog = (
    <>
      {isSeenByShown && <SeenBy message={message} onClose={() => setSeenByShown(false)} />}
      {isHiddenShown && (
        <HiddenMessageDialog message={message} onClose={() => setHiddenShown(false)} />
      )}
      {isReportShown && <ReportMessage message={message} onClose={() => setReportShown(false)} />}
      {isWhyShown && <WhyNotifiedDialog message={message} onClose={() => setWhyShown(false)} />}
      {isTimeAsked && (
        <ChooseTime
          title={t('message.remindTitle')}
          action={t('message.setReminder')}
          onChoose={save}
          onClose={() => setTimeAsked(false)}
        />
      )}
      {isForwarding && <ForwardDialog message={message} onClose={() => setForwarding(false)} />}
    </>
  );
  return { actions: build, dialog };
}

/** Returns the actions that copy the text of a message or a link to it. */
function copyActions(message: TimelineMessage): MoreAction[] {
  const copy = async (text: string, notice: string) => {
    try {
      await navigator.clipboard.writeText(text);
      toast(notice);
    } catch {
      // Browsers give pages that were loaded over plain HTTP no access to the clipboard.
      toast.error(t('message.copyFailed'));
    }
  };
  const link: MoreAction = {
    key: 'copyLink',
    icon: <Link size={16} />,
    label: t('message.copyLink'),
    run: () => void copy(linkTo(message), t('message.linkCopied')),
  };
  if (message.body === '') return [link];
  const text: MoreAction = {
    key: 'copyText',
    icon: <Copy size={16} />,
    label: t('message.copyText'),
    run: () => void copy(message.body, t('message.copied')),
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
