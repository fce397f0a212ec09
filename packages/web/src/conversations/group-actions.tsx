import type { ConversationView } from '@parley/client';
import type { ConversationPermission } from '@parley/protocol';
import { useNavigate } from '@tanstack/react-router';
import { Archive, ArchiveRestore, LogOut, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { useClient } from '../session/use-client.ts';
import { t } from '../texts/index.ts';
import { attempt } from '../ui/attempt.ts';
import { Button } from '../ui/button.tsx';
import { Confirm } from '../ui/confirm.tsx';
import { LeaveGroup } from './leave-group.tsx';

/** Shows the actions by which the user leaves, archives, restores or deletes a group. */
export function GroupActions({
  view,
  onClose,
  onLeaving,
}: {
  view: ConversationView;
  onClose: () => void;
  /** Called with true before the user leaves or deletes the group, with false if that fails. */
  onLeaving: (isLeaving: boolean) => void;
}) {
  const client = useClient();
  const navigate = useNavigate();
  const [confirming, setConfirming] = useState<'leave' | 'delete' | 'archive' | null>(null);
  const may = (action: ConversationPermission) => view.permissions.includes(action);

  const end = (work: () => Promise<unknown>) =>
    attempt(async () => {
      onLeaving(true);
      try {
        await work();
      } catch (error) {
        onLeaving(false);
        throw error;
      }
      onClose();
      await navigate({ to: '/' });
    });

  return (
    <>
      {(may('leave') || may('archive') || may('delete')) && (
        <div className="mt-5 flex flex-wrap gap-2 border-line border-t pt-4">
          {may('leave') && (
            <Button onClick={() => setConfirming('leave')}>
              <LogOut size={16} /> {t('details.leave')}
            </Button>
          )}
          {may('archive') &&
            (view.archivedAt === null ? (
              <Button onClick={() => setConfirming('archive')}>
                <Archive size={16} /> {t('details.archive')}
              </Button>
            ) : (
              <Button onClick={() => void attempt(() => client.api.restoreGroup(view.id))}>
                <ArchiveRestore size={16} /> {t('details.restore')}
              </Button>
            ))}
          {may('delete') && (
            <Button look="risky" onClick={() => setConfirming('delete')}>
              <Trash2 size={16} /> {t('details.delete')}
            </Button>
          )}
        </div>
      )}
      <LeaveGroup
        view={view}
        open={confirming === 'leave'}
        onCancel={() => setConfirming(null)}
        onConfirm={() => void end(() => client.api.leave(view.id))}
      />
      <Confirm
        open={confirming === 'delete'}
        title={t('details.deleteQuestion')}
        description={t('details.deleteIntro')}
        action={t('details.delete')}
        onCancel={() => setConfirming(null)}
        onConfirm={() => void end(() => client.api.deleteGroup(view.id))}
      />
      <Confirm
        open={confirming === 'archive'}
        title={t('details.archiveQuestion')}
        description={t('details.archiveIntro')}
        action={t('details.archive')}
        onCancel={() => setConfirming(null)}
        onConfirm={() => void attempt(() => client.api.archiveGroup(view.id))}
      />
    </>
  );
}
