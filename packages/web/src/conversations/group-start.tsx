import type { ConversationView } from '@parley/client';
import { MessageSquarePlus, TextCursorInput, UserPlus } from 'lucide-react';
import { t } from '../texts/index.ts';
import { Button } from '../ui/button.tsx';
import type { DetailsPart } from './details.tsx';

/** Suggests first actions in a group without messages. */
export function GroupStart({
  view,
  openDetails,
}: {
  view: ConversationView;
  openDetails: (part: DetailsPart) => void;
}) {
  const may = (permission: ConversationView['permissions'][number]) =>
    view.permissions.includes(permission);
  return (
    <div className="mt-4 flex flex-wrap gap-2">
      {may('add_member') && (
        <Button onClick={() => openDetails('add-people')}>
          <UserPlus size={16} /> {t('common.addPeople')}
        </Button>
      )}
      {may('rename') && view.description === '' && (
        <Button onClick={() => openDetails('description')}>
          <TextCursorInput size={16} /> {t('details.addDescription')}
        </Button>
      )}
      {may('post') && (
        <Button onClick={focusComposer}>
          <MessageSquarePlus size={16} /> {t('messageList.writeFirst')}
        </Button>
      )}
    </div>
  );
}

/** Also on phones, where it opens the keyboard. */
const focusComposer = () => document.querySelector<HTMLElement>('[data-composer]')?.focus();
