import { type ConversationId, LIMITS, type SidebarSection } from '@parley/protocol';
import { Problem } from '../auth/problem.tsx';
import { useForm } from '../auth/use-form.ts';
import { useClient } from '../session/use-client.ts';
import { t } from '../texts/index.ts';
import { attempt } from '../ui/attempt.ts';
import { Button } from '../ui/button.tsx';
import { Confirm } from '../ui/confirm.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { Field } from '../ui/field.tsx';

/**
 * The subject of a dialog: a new section, optionally for a conversation, or one to rename or
 * delete.
 */
export type SectionDialogState =
  | { readonly kind: 'new'; readonly conversation?: ConversationId }
  | { readonly kind: 'rename' | 'delete'; readonly section: SidebarSection };

/** Creates, renames or deletes a section of the sidebar. */
export function SectionDialog({
  state,
  onClose,
  onClosed,
}: {
  state: SectionDialogState;
  onClose: () => void;
  /** Called after the dialog has closed; the focus may now be moved. */
  onClosed: () => void;
}) {
  const client = useClient();
  const form = useForm(['name'], async ({ name }) => {
    if (state.kind === 'new') {
      const section = await client.sidebar.createSection(name);
      const { conversation } = state;
      if (conversation) await client.sidebar.move({ conversations: [conversation], section });
    } else await client.sidebar.changeSection(state.section.id, { name });
    onClose();
  });
  if (state.kind === 'delete') {
    return (
      <Confirm
        open
        title={t('sidebar.deleteSectionTitle', { name: state.section.name ?? '' })}
        description={t('sidebar.deleteSectionHint')}
        action={t('sidebar.deleteSection')}
        onCancel={onClose}
        onClosed={onClosed}
        onConfirm={() => {
          onClose();
          void attempt(() => client.sidebar.deleteSection(state.section.id));
        }}
      />
    );
  }
  const isNew = state.kind === 'new';
  return (
    <Dialog
      open
      onClose={onClose}
      onClosed={onClosed}
      title={isNew ? t('sidebar.newSectionTitle') : t('sidebar.renameSectionTitle')}
    >
      <form {...form.props} className="flex flex-col gap-5">
        <Problem text={form.problem} />
        <Field
          name="name"
          label={t('common.name')}
          placeholder={t('sidebar.sectionPlaceholder')}
          defaultValue={isNew ? '' : (state.section.name ?? '')}
          autoFocus
          maxLength={LIMITS.sectionNameCharacters}
          error={form.errors.name}
        />
        <Button look="primary" type="submit" busy={form.busy}>
          {isNew ? t('sidebar.createSection') : t('sidebar.renameSectionDo')}
        </Button>
      </form>
    </Dialog>
  );
}
