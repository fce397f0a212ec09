import type { SettingInfo } from '@parley/protocol';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { keys } from '../queries/keys.ts';
import { useAdmin } from '../session/use-admin.ts';
import { t } from '../texts/index.ts';
import { RichText } from '../texts/rich-text.tsx';
import { Badge } from '../ui/badge.tsx';
import { fieldStyle } from '../ui/field-style.ts';
import { Loading } from '../ui/loading.tsx';
import { PartTitle } from '../ui/part-title.tsx';

/** Shows the settings of the running server. They are read-only: they come from its environment. */
export function SettingsPage() {
  const admin = useAdmin();
  const settings = useQuery({
    queryKey: keys.environment(),
    queryFn: ({ signal }) => admin.environment({ signal }),
  });
  const [text, setText] = useState('');
  const query = text.trim().toLowerCase();
  const items = (settings.data ?? []).filter((s) =>
    `${s.name} ${s.description}`.toLowerCase().includes(query),
  );
  return (
    <>
      <PartTitle
        title={t('adminSettings.title')}
        description={<RichText text="adminSettings.intro" parts={{ file: <code /> }} />}
      />
      <Loading of={settings} />
      {settings.data && (
        <input
          type="search"
          value={text}
          onChange={(event) => setText(event.target.value)}
          aria-label={t('adminSettings.search')}
          placeholder={t('adminSettings.search')}
          className={`${fieldStyle()} h-11 px-3`}
        />
      )}
      {items.length > 0 && (
        <dl className="overflow-hidden rounded-2xl border border-line bg-raised">
          {items.map((setting) => (
            <Row key={setting.name} setting={setting} />
          ))}
        </dl>
      )}
      {settings.data && items.length === 0 && (
        <p className="text-muted text-sm">{t('adminSettings.none')}</p>
      )}
    </>
  );
}

function Row({ setting }: { setting: SettingInfo }) {
  return (
    <div className="border-line border-t px-4 py-3 first:border-t-0 sm:grid sm:grid-cols-[1fr_minmax(0,14rem)] sm:gap-4">
      <dt>
        <code dir="ltr" className="break-words font-medium text-note">
          {setting.name}
        </code>
        <span lang="en" dir="ltr" className="mt-0.5 block text-start text-note text-muted">
          {setting.description}
        </span>
      </dt>
      <dd className="mt-1.5 min-w-0 sm:mt-0 sm:text-end">
        {setting.secret ? (
          <Badge tone={setting.isSet ? 'ok' : 'plain'}>
            {setting.isSet ? t('adminSettings.setHidden') : t('adminSettings.notSet')}
          </Badge>
        ) : setting.value === null || setting.value === '' ? (
          <Badge>{t('adminSettings.notSet')}</Badge>
        ) : (
          <code className="break-all text-note">{setting.value}</code>
        )}
      </dd>
    </div>
  );
}
