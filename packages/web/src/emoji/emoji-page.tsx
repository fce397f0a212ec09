import { type CustomEmoji, type Me, mayChangeEmoji } from '@parley/protocol';
import { useQuery } from '@tanstack/react-query';
import { Pencil, Plus, SmilePlus, Trash2 } from 'lucide-react';
import { useMemo, useState } from 'react';
import { keys } from '../queries/keys.ts';
import { useClient, useParley } from '../session/use-client.ts';
import { t } from '../texts/index.ts';
import { attempt } from '../ui/attempt.ts';
import { Button, IconButton } from '../ui/button.tsx';
import { Confirm } from '../ui/confirm.tsx';
import { Empty } from '../ui/empty.tsx';
import { Field } from '../ui/field.tsx';
import { Loading } from '../ui/loading.tsx';
import { PageHeader } from '../ui/page-header.tsx';
import { PartTitle } from '../ui/part-title.tsx';
import { SquareImage } from '../ui/square-image.tsx';
import { useNames } from '../users/use-names.ts';
import { EditEmoji } from './edit-emoji.tsx';

/** How many emoji the list shows at first, and more at a time. */
const SHOWN = 100;
/** From this number on there is a field to search. */
const SEARCH_FROM = 10;

/** The open dialog, and its emoji. */
type OpenDialog =
  | { readonly kind: 'edit' | 'delete'; readonly emoji: CustomEmoji }
  | { readonly kind: 'add'; readonly emoji: null };

/** The page with the custom emoji of the server, for everyone. */
export function EmojiPage() {
  return (
    <div className="flex h-full flex-col">
      <PageHeader>
        <p className="flex min-h-10 items-center font-semibold">{t('emoji.title')}</p>
      </PageHeader>
      <div className="min-h-0 flex-1 overflow-y-auto">
        <div className="mx-auto flex w-full max-w-3xl flex-col gap-4 px-4 py-5">
          <EmojiList />
        </div>
      </div>
    </div>
  );
}

/** Lists the custom emoji; users with the permission can add emoji, and change their own. */
export function EmojiList() {
  const client = useClient();
  const all = useParley((s) => s.emoji);
  const me = useParley((s) => s.me);
  // The SDK holds the list and keeps it up to date.
  const loaded = useQuery({
    queryKey: keys.emoji(),
    queryFn: async () => {
      await client.emoji.load();
      return true;
    },
    staleTime: 'static',
  });
  const [search, setSearch] = useState('');
  const [most, setMost] = useState(SHOWN);
  const [dialog, setDialog] = useState<OpenDialog | null>(null);
  const existing = [...all.values()]
    .filter(({ image }) => image !== null)
    .sort((a, b) => a.name.localeCompare(b.name));
  const query = search.trim().replaceAll(':', '').toLowerCase();
  const matches = existing.filter(({ name, aliases }) =>
    [name, ...aliases].some((word) => word.includes(query)),
  );
  const mayAdd = me?.permissions.includes('add_emoji') === true;
  return (
    <>
      <PartTitle
        title={t('emoji.title')}
        description={t(mayAdd ? 'emoji.intro' : 'emoji.introAdmins')}
        actions={
          mayAdd && (
            <Button look="primary" onClick={() => setDialog({ kind: 'add', emoji: null })}>
              <Plus size={16} /> {t('emoji.add')}
            </Button>
          )
        }
      />
      {existing.length >= SEARCH_FROM && (
        <Field
          type="search"
          label={t('emoji.search')}
          value={search}
          onChange={(event) => {
            setSearch(event.target.value);
            setMost(SHOWN);
          }}
        />
      )}
      {loaded.data === undefined && existing.length === 0 ? (
        <Loading of={loaded} />
      ) : matches.length === 0 ? (
        <Empty
          icon={<SmilePlus size={22} />}
          title={t(query === '' ? 'emoji.none' : 'emoji.noneFound')}
        >
          {query === '' && t('emoji.noneHint')}
        </Empty>
      ) : (
        <>
          <ul
            aria-label={t('emoji.title')}
            className="overflow-hidden rounded-2xl border border-line bg-raised"
          >
            {matches.slice(0, most).map((emoji) => (
              <Row key={emoji.id} emoji={emoji} me={me} onOpen={setDialog} />
            ))}
          </ul>
          {matches.length > most && (
            <Button onClick={() => setMost(most + SHOWN)}>{t('common.showMore')}</Button>
          )}
        </>
      )}
      <Dialogs dialog={dialog} onClose={() => setDialog(null)} />
    </>
  );
}

function Dialogs({ dialog, onClose }: { dialog: OpenDialog | null; onClose: () => void }) {
  const client = useClient();
  return (
    <>
      {(dialog?.kind === 'edit' || dialog?.kind === 'add') && (
        <EditEmoji emoji={dialog.emoji} onClose={onClose} />
      )}
      <Confirm
        open={dialog?.kind === 'delete'}
        title={t('emoji.deleteQuestion', { name: dialog?.emoji?.name ?? '' })}
        description={t('emoji.deleteIntro')}
        action={t('emoji.delete')}
        onCancel={onClose}
        onConfirm={() => {
          const id = dialog?.emoji?.id;
          onClose();
          if (id) void attempt(() => client.api.emoji.delete(id), t('emoji.deleted'));
        }}
      />
    </>
  );
}

function Row({
  emoji,
  me,
  onOpen,
}: {
  emoji: CustomEmoji;
  me: Me | null;
  onOpen: (dialog: OpenDialog) => void;
}) {
  const { name, aliases, image, creator } = emoji;
  const nameOf = useNames(useMemo(() => [creator], [creator]));
  const mayChange = me !== null && mayChangeEmoji(me.permissions, me.id === creator);
  return (
    <li className="flex min-h-16 items-center gap-1 border-line border-t py-2.5 pe-2 ps-4 first:border-t-0">
      <span aria-hidden="true" className="relative me-3 size-9 shrink-0 *:rounded-none">
        {image && <SquareImage image={image} size={40} />}
      </span>
      <span className="min-w-0 flex-1">
        <span className="block truncate font-medium">:{name}:</span>
        <span className="block truncate text-note text-muted">
          {aliases.length > 0 && `${aliases.map((alias) => `:${alias}:`).join(' ')} · `}
          {t('emoji.addedBy', { name: nameOf(creator) })}
        </span>
      </span>
      {mayChange && (
        <>
          <IconButton
            label={t('emoji.editOne', { name })}
            onClick={() => onOpen({ kind: 'edit', emoji })}
          >
            <Pencil size={16} />
          </IconButton>
          <IconButton
            label={t('emoji.deleteOne', { name })}
            onClick={() => onOpen({ kind: 'delete', emoji })}
          >
            <Trash2 size={16} />
          </IconButton>
        </>
      )}
    </li>
  );
}
