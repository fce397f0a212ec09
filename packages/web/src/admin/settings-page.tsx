import type { SettingInfo } from '@parley/protocol';
import { useState } from 'react';
import { PartTitle } from '../app/tabbed-page.tsx';
import { Badge } from '../ui/badge.tsx';
import { Loading } from '../ui/loading.tsx';
import { useLoad } from '../ui/use-load.ts';
import { useAdmin } from './use-admin.ts';

/** The settings that the server runs with. They are set where it is started, so they are read here. */
export function SettingsPage() {
  const admin = useAdmin();
  const settings = useLoad(() => admin.settings());
  const [text, setText] = useState('');
  const wanted = text.trim().toLowerCase();
  const items = (settings.data ?? []).filter((s) =>
    `${s.name} ${s.description}`.toLowerCase().includes(wanted),
  );
  return (
    <>
      <PartTitle
        title="Settings"
        description={
          <>
            As the server runs with them. They come from its environment or its file{' '}
            <code>.env</code>, and change with a restart.
          </>
        }
      />
      <Loading of={settings} />
      {settings.data && (
        <input
          type="search"
          value={text}
          onChange={(event) => setText(event.target.value)}
          aria-label="Search settings"
          placeholder="Search settings"
          className="h-11 w-full rounded-lg border border-edge bg-canvas px-3 outline-none placeholder:text-muted focus:border-accent focus:ring-3 focus:ring-accent/20"
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
        <p className="text-muted text-sm">No setting has that in its name or its words.</p>
      )}
    </>
  );
}

function Row({ setting }: { setting: SettingInfo }) {
  return (
    <div className="border-line border-t px-4 py-3 first:border-t-0 sm:grid sm:grid-cols-[1fr_minmax(0,14rem)] sm:gap-4">
      <dt>
        <code className="break-words font-medium text-[13px]">{setting.name}</code>
        <span className="mt-0.5 block text-[13px] text-muted">{setting.description}</span>
      </dt>
      <dd className="mt-1.5 min-w-0 sm:mt-0 sm:text-right">
        {setting.secret ? (
          <Badge tone={setting.isSet ? 'ok' : 'plain'}>
            {setting.isSet ? 'Set, secret' : 'Not set'}
          </Badge>
        ) : setting.value === null || setting.value === '' ? (
          <Badge>Not set</Badge>
        ) : (
          <code className="break-all text-[13px]">{setting.value}</code>
        )}
      </dd>
    </div>
  );
}
