import type { ImageId } from '@parley/protocol';
import { useQuery } from '@tanstack/react-query';
import { ImageField } from '../files/image-field.tsx';
import { keys } from '../queries/keys.ts';
import { serverSettingsQuery } from '../queries/server-settings-query.ts';
import { useRefresh } from '../queries/use-refresh.ts';
import { useAdmin } from '../session/use-admin.ts';
import { useClient } from '../session/use-client.ts';
import { t } from '../texts/index.ts';
import { Loading } from '../ui/loading.tsx';
import { Logo } from '../ui/logo.tsx';
import { PartTitle } from '../ui/part-title.tsx';
import { ServerSettingsForm } from './server-settings-form.tsx';
import { GroupLinks } from './settings-group.tsx';
import { WordFilterForm } from './word-filter.tsx';

/** Edits the settings of the server that are stored in its database. */
export function ServerPage() {
  const admin = useAdmin();
  const loaded = useQuery(serverSettingsQuery(admin));
  const refresh = useRefresh();
  const onSaved = () => void refresh(keys.serverSettings());
  return (
    <>
      <PartTitle title={t('server.title')} description={t('server.intro')} />
      <GroupLinks />
      <Loading of={loaded} />
      {loaded.data && <Icon icon={loaded.data.settings.icon} onSaved={onSaved} />}
      {loaded.data && <ServerSettingsForm loaded={loaded.data} onSaved={onSaved} />}
      <WordFilterForm />
    </>
  );
}

/** The icon of the server, which is changed separately. */
function Icon({ icon, onSaved }: { icon: ImageId | null; onSaved: () => void }) {
  const { images } = useClient().api;
  return (
    <section className="rounded-2xl border border-line bg-raised px-4 pt-4 sm:px-5 sm:pt-5">
      <ImageField
        label={t('server.icon')}
        hasImage={icon !== null}
        onSet={async (file) => {
          await images.setServerIcon(file);
          onSaved();
        }}
        onRemove={async () => {
          await images.removeServerIcon();
          onSaved();
        }}
      >
        <Logo size={64} />
      </ImageField>
    </section>
  );
}
