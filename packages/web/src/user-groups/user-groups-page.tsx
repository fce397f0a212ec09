import type { UserGroup } from '@parley/protocol';
import { useQuery } from '@tanstack/react-query';
import { AtSign, Pencil, Plus, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { keys } from '../queries/keys.ts';
import { useClient, useParley } from '../session/use-client.ts';
import { t } from '../texts/index.ts';
import { attempt } from '../ui/attempt.ts';
import { Button, IconButton } from '../ui/button.tsx';
import { Confirm } from '../ui/confirm.tsx';
import { Empty } from '../ui/empty.tsx';
import { Loading } from '../ui/loading.tsx';
import { PageHeader } from '../ui/page-header.tsx';
import { PartTitle } from '../ui/part-title.tsx';
import { EditUserGroup } from './edit-user-group.tsx';
import { UserGroupDialog } from './user-group-dialog.tsx';

/** The header above the list. */
type Shown =
  | { readonly kind: 'members' | 'edit' | 'delete'; readonly group: UserGroup }
  | { readonly kind: 'create'; readonly group: null };

/** The page with the user groups, for everyone. */
export function UserGroupsPage() {
  return (
    <div className="flex h-full flex-col">
      <PageHeader>
        <p className="flex min-h-10 items-center font-semibold">{t('userGroups.title')}</p>
      </PageHeader>
      <div className="min-h-0 flex-1 overflow-y-auto">
        <div className="mx-auto flex w-full max-w-3xl flex-col gap-4 px-4 py-5">
          <UserGroupList />
        </div>
      </div>
    </div>
  );
}

/** Lists the user groups; admins can create, change and delete them. */
export function UserGroupList() {
  const client = useClient();
  const groups = useParley((s) => s.userGroups);
  // The SDK holds the list and keeps it up to date.
  const loaded = useQuery({
    queryKey: keys.userGroups(),
    queryFn: async () => {
      await client.userGroups.load();
      return true;
    },
    staleTime: 'static',
  });
  const mayManage = useParley((s) => s.me)?.permissions.includes('administer') === true;
  const [shown, setShown] = useState<Shown | null>(null);
  const close = () => setShown(null);
  const sorted = [...groups.values()].sort((a, b) => a.name.localeCompare(b.name));
  return (
    <>
      <PartTitle
        title={t('userGroups.title')}
        description={t('userGroups.intro')}
        actions={
          mayManage && (
            <Button look="primary" onClick={() => setShown({ kind: 'create', group: null })}>
              <Plus size={16} /> {t('userGroups.create')}
            </Button>
          )
        }
      />
      {loaded.data === undefined && sorted.length === 0 ? (
        <Loading of={loaded} />
      ) : sorted.length === 0 ? (
        <Empty icon={<AtSign size={22} />} title={t('userGroups.none')}>
          {t('userGroups.noneHint')}
        </Empty>
      ) : (
        <ul
          aria-label={t('userGroups.title')}
          className="overflow-hidden rounded-2xl border border-line bg-raised"
        >
          {sorted.map((group) => (
            <Row key={group.id} group={group} mayManage={mayManage} onShow={setShown} />
          ))}
        </ul>
      )}
      {shown?.kind === 'members' && <UserGroupDialog id={shown.group.id} onClose={close} />}
      {(shown?.kind === 'edit' || shown?.kind === 'create') && (
        <EditUserGroup group={shown.group} onClose={close} />
      )}
      <Confirm
        open={shown?.kind === 'delete'}
        title={t('userGroups.deleteQuestion', { name: shown?.group?.name ?? '' })}
        description={t('userGroups.deleteIntro')}
        action={t('userGroups.delete')}
        onCancel={close}
        onConfirm={() => {
          const id = shown?.group?.id;
          close();
          if (id) void attempt(() => client.api.userGroups.delete(id), t('userGroups.deleted'));
        }}
      />
    </>
  );
}

function Row({
  group,
  mayManage,
  onShow,
}: {
  group: UserGroup;
  mayManage: boolean;
  onShow: (shown: Shown) => void;
}) {
  const { name, title, members } = group;
  return (
    <li className="flex min-h-16 items-center gap-1 border-line border-t px-4 py-2.5 first:border-t-0">
      <button
        type="button"
        onClick={() => onShow({ kind: 'members', group })}
        className="min-w-0 flex-1 rounded-lg text-start pointer-coarse:min-h-11 hover:underline"
      >
        <span className="block truncate font-medium">
          <bdi>@{name}</bdi>
        </span>
        <span className="block truncate text-note text-muted">
          <bdi>{title}</bdi> · {t('common.members', { count: members.length })}
        </span>
      </button>
      {mayManage && (
        <>
          <IconButton
            label={t('userGroups.editOne', { name })}
            onClick={() => onShow({ kind: 'edit', group })}
          >
            <Pencil size={16} />
          </IconButton>
          <IconButton
            label={t('userGroups.deleteOne', { name })}
            onClick={() => onShow({ kind: 'delete', group })}
          >
            <Trash2 size={16} />
          </IconButton>
        </>
      )}
    </li>
  );
}
