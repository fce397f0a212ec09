import { useParley } from '../session/use-client.ts';
import { t } from '../texts/index.ts';
import { Placeholder } from '../ui/loading-status.tsx';
import { PartTitle } from '../ui/part-title.tsx';
import { ComposerCard } from './composer-card.tsx';
import { EmailAddressCard } from './email-address-card.tsx';
import { LanguageCard } from './language-card.tsx';
import { NameCard } from './name-card.tsx';

/** Edits name and phone number, and verifies the email address. */
export function ProfilePage() {
  const me = useParley((s) => s.me);
  return (
    <>
      <PartTitle title={t('profile.title')} description={t('profile.intro')} />
      {me ? (
        <>
          <NameCard me={me} />
          <EmailAddressCard me={me} />
          <LanguageCard />
          <ComposerCard />
        </>
      ) : (
        <Placeholder className="shimmer h-64 rounded-2xl" />
      )}
    </>
  );
}
