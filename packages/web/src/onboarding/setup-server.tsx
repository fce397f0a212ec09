import { useQuery } from '@tanstack/react-query';
import { Problem } from '../auth/problem.tsx';
import { useForm } from '../auth/use-form.ts';
import { ImageField } from '../files/image-field.tsx';
import { keys } from '../queries/keys.ts';
import { serverSettingsQuery } from '../queries/server-settings-query.ts';
import { useRefresh } from '../queries/use-refresh.ts';
import { useAdmin } from '../session/use-admin.ts';
import { useClient } from '../session/use-client.ts';
import { t } from '../texts/index.ts';
import { Button } from '../ui/button.tsx';
import { Field } from '../ui/field.tsx';
import { Loading } from '../ui/loading.tsx';
import { Logo } from '../ui/logo.tsx';
import type { SetupStepProps } from './setup-step.ts';

/** The step with the name and the icon of the server. */
export function SetupServer({ onDone }: SetupStepProps) {
  const admin = useAdmin();
  const { images } = useClient().api;
  const loaded = useQuery(serverSettingsQuery(admin));
  const refresh = useRefresh();
  const form = useForm(['name'], async ({ name }) => {
    await admin.changeServerSettings({ name });
    await onDone();
  });
  if (loaded.data === undefined) return <Loading of={loaded} />;
  const { name, icon } = loaded.data.settings;
  return (
    <>
      <p className="text-muted">{t('setup.serverIntro')}</p>
      <ImageField
        label={t('server.icon')}
        hasImage={icon !== null}
        onSet={async (file) => {
          await images.setServerIcon(file);
          await refresh(keys.serverSettings());
        }}
        onRemove={async () => {
          await images.removeServerIcon();
          await refresh(keys.serverSettings());
        }}
      >
        <Logo size={64} />
      </ImageField>
      <form {...form.props} className="flex flex-col gap-4">
        <Problem text={form.problem} />
        <Field
          name="name"
          label={t('server.name')}
          hint={t('setup.serverNameHint')}
          defaultValue={name}
          maxLength={60}
          error={form.errors.name}
        />
        <Button type="submit" look="primary" busy={form.busy} className="min-h-11 self-start">
          {t('common.continue')}
        </Button>
      </form>
    </>
  );
}
