import type { ConversationView } from '@parley/client';
import type { GroupLink, LinkId } from '@parley/protocol';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { fullTime } from '../lib/time.ts';
import { keys } from '../queries/keys.ts';
import { useRefresh } from '../queries/use-refresh.ts';
import { useClient } from '../session/use-client.ts';
import { t } from '../texts/index.ts';
import { Button } from '../ui/button.tsx';
import { CopyButton } from '../ui/copy-button.tsx';
import { Loading } from '../ui/loading.tsx';
import { Select } from '../ui/select.tsx';

const DAY_MS = 86_400_000;
/** How long a new link works, in days, and how often; `none`: without a limit. */
const DAYS = ['1', '7', '30', 'none'] as const;
const USES = ['1', '10', '100', 'none'] as const;

/** Lists the links with which others join a group, creates and revokes them. */
export function GroupLinks({ view }: { view: ConversationView }) {
  const [open, setOpen] = useState(false);
  return (
    <details className="mb-5" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary className="cursor-pointer py-2 font-medium text-sm text-soft pointer-coarse:py-3">
        {t('groupLinks.title')}
      </summary>
      {open && <Links view={view} />}
    </details>
  );
}

function Links({ view }: { view: ConversationView }) {
  const { admission } = useClient().api;
  const refresh = useRefresh();
  const [url, setUrl] = useState<string | null>(null);
  const links = useQuery({
    queryKey: keys.groupLinks(view.id),
    queryFn: ({ signal }) => admission.groupLinks(view.id, { signal }),
  });
  const revoke = useMutation({
    mutationFn: (id: LinkId) => admission.revokeGroupLink(view.id, id),
    onSuccess: async () => {
      setUrl(null);
      await refresh(keys.groupLinks(view.id));
    },
  });
  return (
    <div className="flex flex-col gap-3">
      <NewLink view={view} onCreated={setUrl} />
      {url !== null && <CreatedLink url={url} />}
      <Loading of={links} />
      <ul>
        {links.data?.map((link) => (
          <li key={link.id} className="flex min-h-11 items-center gap-3 text-sm">
            <span id={`link-${link.id}`} className="min-w-0 flex-1 text-soft">
              {describe(link)}
            </span>
            <Button
              look="quiet"
              aria-describedby={`link-${link.id}`}
              busy={revoke.isPending && revoke.variables === link.id}
              onClick={() => revoke.mutate(link.id)}
            >
              {t('groupLinks.revoke')}
            </Button>
          </li>
        ))}
      </ul>
    </div>
  );
}

/** Creates a link with the chosen limits. */
function NewLink({
  view,
  onCreated,
}: {
  view: ConversationView;
  onCreated: (url: string) => void;
}) {
  const { admission } = useClient().api;
  const refresh = useRefresh();
  const [days, setDays] = useState<string>('7');
  const [uses, setUses] = useState<string>('none');
  const create = useMutation({
    mutationFn: () =>
      admission.createGroupLink(view.id, {
        expiresAt:
          days === 'none' ? null : new Date(Date.now() + Number(days) * DAY_MS).toISOString(),
        maxUses: uses === 'none' ? null : Number(uses),
      }),
    onSuccess: async ({ url }) => {
      onCreated(url);
      await refresh(keys.groupLinks(view.id));
    },
  });
  return (
    <>
      <div className="grid grid-cols-2 gap-2">
        <Select
          label={t('groupLinks.expires')}
          options={DAYS.map((n) => [
            n,
            n === 'none' ? t('groupLinks.never') : t('groupLinks.days', { count: Number(n) }),
          ])}
          value={days}
          onChange={(event) => setDays(event.target.value)}
        />
        <Select
          label={t('groupLinks.uses')}
          options={USES.map((n) => [
            n,
            n === 'none' ? t('groupLinks.anyNumber') : t('groupLinks.people', { count: Number(n) }),
          ])}
          value={uses}
          onChange={(event) => setUses(event.target.value)}
        />
      </div>
      <Button className="self-start" busy={create.isPending} onClick={() => create.mutate()}>
        {t('groupLinks.create')}
      </Button>
    </>
  );
}

/** Shows a link once, after it was created. */
function CreatedLink({ url }: { url: string }) {
  return (
    <div className="flex flex-col gap-2 rounded-xl border border-line bg-sunken p-3">
      <p className="text-note text-muted">{t('groupLinks.createdIntro')}</p>
      <code dir="ltr" className="select-all break-all text-note">
        {url}
      </code>
      <CopyButton text={url} label={t('groupLinks.copy')} />
    </div>
  );
}

const describe = ({ uses, maxUses, expiresAt }: GroupLink): string =>
  [
    maxUses === null
      ? t('groupLinks.joined', { count: uses })
      : t('groupLinks.joinedOf', { count: uses, most: maxUses }),
    expiresAt === null
      ? t('groupLinks.noExpiry')
      : t('groupLinks.until', { time: fullTime(expiresAt) }),
  ].join(' · ');
