import type { ImageId } from '@parley/protocol';
import { useQuery } from '@tanstack/react-query';
import { PartTitle } from '../app/part-title.tsx';
import { ImageField } from '../files/image-field.tsx';
import { keys } from '../queries/keys.ts';
import { useRefresh } from '../queries/use-refresh.ts';
import { useClient } from '../session/use-client.ts';
import { t } from '../texts/index.ts';
import { Loading } from '../ui/loading.tsx';
import { Logo } from '../ui/logo.tsx';
import { ServerSettingsForm } from './server-settings-form.tsx';
import { serverSettingsQuery } from './server-settings-query.ts';
import { useAdmin } from './use-admin.ts';
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
    <section className="rounded-2xl border border-line bg-raised p-4 sm:p-5">
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
