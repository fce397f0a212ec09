import type { Member } from '@parley/protocol';
import { useState } from 'react';
import { t } from '../texts/index.ts';
import { Button } from '../ui/button.tsx';
import { Checkbox } from '../ui/checkbox.tsx';
import { Dialog } from '../ui/dialog.tsx';

/** Asks for confirmation before removing a member, and whether to also ban them. */
export function RemoveMember({
  member,
  mayBan,
  onClose,
  onRemove,
}: {
  /** Null: the dialog is closed. */
  member: Member | null;
  mayBan: boolean;
  onClose: () => void;
  onRemove: (member: Member, ban: boolean) => void;
}) {
  const [ban, setBan] = useState(false);
  const close = () => {
    setBan(false);
    onClose();
  };
  return (
    <Dialog
      open={member !== null}
      onClose={close}
      title={t('details.removeQuestion', { name: member?.displayName ?? '' })}
    >
      {mayBan && (
        <Checkbox
          label={t('details.alsoBan')}
          checked={ban}
          onChange={(event) => setBan(event.target.checked)}
        />
      )}
      <div className="mt-3 flex justify-end gap-2">
        <Button onClick={close}>{t('common.cancel')}</Button>
        <Button
          look="danger"
          onClick={() => {
            if (member) onRemove(member, ban);
            close();
          }}
        >
          {ban ? t('details.removeAndBan') : t('details.remove')}
        </Button>
      </div>
    </Dialog>
  );
}
