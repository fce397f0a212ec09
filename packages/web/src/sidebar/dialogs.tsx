import { useState } from 'react';
import { lazyPart } from '../queries/lazy-part.tsx';

const CreateGroup = lazyPart(
  async () => (await import('../conversations/create-group.tsx')).CreateGroup,
);
const NewDirect = lazyPart(async () => (await import('../conversations/new-direct.tsx')).NewDirect);
const BrowseGroups = lazyPart(
  async () => (await import('../conversations/browse-groups.tsx')).BrowseGroups,
);
const ShortcutSheet = lazyPart(
  async () => (await import('../shortcuts/shortcut-sheet.tsx')).ShortcutSheet,
);

/** A dialog that starts a conversation, finds a group, or lists the keyboard shortcuts. */
export type SidebarDialog = 'create' | 'browse' | 'direct' | 'shortcuts';

/** The dialogs that are opened from the sidebar and from the quick switcher. Their code is loaded with the first use. */
export function SidebarDialogs({
  open,
  onClose,
}: {
  open: SidebarDialog | null;
  onClose: () => void;
}) {
  const [used, setUsed] = useState<readonly SidebarDialog[]>([]);
  if (open !== null && !used.includes(open)) setUsed([...used, open]);
  return (
    <>
      {used.includes('create') && <CreateGroup open={open === 'create'} onClose={onClose} />}
      {used.includes('direct') && <NewDirect open={open === 'direct'} onClose={onClose} />}
      {used.includes('shortcuts') && (
        <ShortcutSheet open={open === 'shortcuts'} onClose={onClose} />
      )}
      {used.includes('browse') && <BrowseGroups open={open === 'browse'} onClose={onClose} />}
    </>
  );
}
