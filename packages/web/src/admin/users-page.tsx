import type { AdminAccount, AdminAccountsFilter } from '@parley/protocol';
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { Search, UserPlus, Users } from 'lucide-react';
import { useDeferredValue, useState } from 'react';
import { keys } from '../queries/keys.ts';
import { pagesQuery } from '../queries/pages-query.ts';
import { useRefresh } from '../queries/use-refresh.ts';
import { useAdmin } from '../session/use-admin.ts';
import { t } from '../texts/index.ts';
import type { PlainKey } from '../texts/keys.ts';
import { Button } from '../ui/button.tsx';
import { Empty } from '../ui/empty.tsx';
import { fieldStyle } from '../ui/field-style.ts';
import { Loading } from '../ui/loading.tsx';
import { PartTitle } from '../ui/part-title.tsx';
import { Select } from '../ui/select.tsx';
import { ShowMore } from '../ui/show-more.tsx';
import { AccountDialog } from './account-dialog.tsx';
import { AccountRow } from './account-row.tsx';
import { CreateAccount } from './create-account.tsx';

type Filter = AdminAccountsFilter | 'all';

const FILTERS: readonly (readonly [Filter, PlainKey])[] = [
  ['all', 'adminUsers.filterAll'],
  ['active', 'adminUsers.filterActive'],
  ['inactive', 'common.deactivated'],
  ['suspended', 'adminUsers.suspended'],
  ['unverified', 'common.notVerified'],
  ['admins', 'adminUsers.filterAdmins'],
  ['guests', 'guests.filter'],
];
const PAGE = 50;

/** Lists, searches, creates and changes the accounts of users. */
export function UsersPage() {
  const admin = useAdmin();
  const [text, setText] = useState('');
  const [filter, setFilter] = useState<Filter>('all');
  const [chosen, setChosen] = useState<AdminAccount | null>(null);
  const [creating, setCreating] = useState(false);
  const search = useDeferredValue(text.trim());
  const request = {
    limit: PAGE,
    kind: 'user' as const,
    ...(search && { search }),
    ...(filter !== 'all' && { filter }),
  };
  const page = useInfiniteQuery({
    ...pagesQuery(
      keys.accounts(request),
      (after: string | undefined, options) =>
        admin.accounts({ ...request, ...(after !== undefined && { after }) }, options),
      ({ id }) => id,
    ),
    placeholderData: keepPreviousData,
  });
  const items = page.data?.items ?? [];
  const refresh = useRefresh();
  const onChange = (changed: AdminAccount) => {
    setChosen(changed);
    void refresh(keys.accounts());
  };
  return (
    <>
      <PartTitle
        title={t('adminUsers.title')}
        actions={
          <Button look="primary" onClick={() => setCreating(true)}>
            <UserPlus size={16} /> {t('common.addPerson')}
          </Button>
        }
      />
      <SearchBar text={text} onText={setText} filter={filter} onFilter={setFilter} />
      <Loading of={page} />
      {page.data && items.length === 0 && (
        <Empty icon={<Users size={22} />} title={t('common.noMatches')}>
          {search ? t('adminUsers.noneInSearch') : t('adminUsers.noneInFilter')}
        </Empty>
      )}
      {items.length > 0 && (
        <ul className="overflow-hidden rounded-2xl border border-line bg-raised">
          {items.map((account) => (
            <AccountRow key={account.id} account={account} onOpen={() => setChosen(account)} />
          ))}
        </ul>
      )}
      <ShowMore of={page}>{t('common.showMore')}</ShowMore>
      {chosen && (
        <AccountDialog
          account={chosen}
          onChange={onChange}
          onDeleted={() => {
            setChosen(null);
            void refresh(keys.accounts());
          }}
          onClose={() => setChosen(null)}
        />
      )}
      <CreateAccount
        open={creating}
        roles={page.data?.creatableRoles ?? []}
        onClose={() => setCreating(false)}
        onCreated={() => void refresh(keys.accounts())}
      />
    </>
  );
}

function SearchBar({
  text,
  onText,
  filter,
  onFilter,
}: {
  text: string;
  onText: (text: string) => void;
  filter: Filter;
  onFilter: (filter: Filter) => void;
}) {
  return (
    <div className="flex flex-wrap gap-2.5">
      <div className="relative min-w-0 flex-1 basis-56">
        <Search
          size={16}
          className="pointer-events-none absolute top-1/2 start-3 -translate-y-1/2 text-muted"
        />
        <input
          type="search"
          value={text}
          onChange={(event) => onText(event.target.value)}
          aria-label={t('adminUsers.search')}
          placeholder={t('adminUsers.searchPlaceholder')}
          className={`${fieldStyle()} h-11 pe-3 ps-9`}
        />
      </div>
      <Select
        label={t('adminUsers.filter')}
        hiddenLabel
        options={FILTERS.map(([value, key]) => [value, t(key)] as const)}
        value={filter}
        onChange={(event) => onFilter(event.target.value as Filter)}
        className="grow basis-40 sm:grow-0"
      />
    </div>
  );
}
