import type { ConversationView } from '@parley/client';
import { X } from 'lucide-react';
import { t } from '../texts/index.ts';
import { Button } from '../ui/button.tsx';
import { useCloseConversation } from './closing.ts';

/** Closes a direct conversation, which the sidebar then leaves out until its next message. */
export function CloseConversation({
  view,
  onClose,
}: {
  view: ConversationView;
  /** Closes the details. */
  onClose: () => void;
}) {
  const close = useCloseConversation();
  return (
    <div className="mt-5 border-line border-t pt-4">
      <Button
        onClick={() => {
          onClose();
          close(view);
        }}
      >
        <X size={16} /> {t('sidebar.close')}
      </Button>
    </div>
  );
}
