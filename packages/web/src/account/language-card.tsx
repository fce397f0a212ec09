import { useEffect, useState } from 'react';
import { errorMessage } from '../lib/text.ts';
import { useClient } from '../session/use-client.ts';
import { changeLanguage, onLanguage, shownLanguage, shownLocale, t } from '../texts/index.ts';
import { chooseLanguage, chosenLanguage, LANGUAGES } from '../texts/languages.ts';
import { Card } from '../ui/card.tsx';
import { Select } from '../ui/select.tsx';
import { toast } from '../ui/toast.ts';

/** Chooses the language of this device, and of emails and notifications. */
export function LanguageCard() {
  const client = useClient();
  const [chosen, setChosen] = useState(chosenLanguage);
  // Also when it was chosen in another tab.
  useEffect(() => onLanguage(() => setChosen(chosenLanguage())), []);
  const choose = async (tag: string | null) => {
    chooseLanguage(tag);
    setChosen(chosenLanguage());
    // If its texts cannot be loaded, it is shown at the next start.
    changeLanguage(shownLanguage()).catch(() => toast.error(t('errors.network')));
    try {
      await client.changeLocale(shownLocale());
    } catch (error) {
      // The language of this device has changed anyway.
      toast.error(errorMessage(error));
    }
  };
  return (
    <Card title={t('profile.language')} description={t('profile.languageIntro')}>
      <Select
        label={t('profile.language')}
        hiddenLabel
        value={chosen ?? ''}
        options={[
          ['', t('profile.languageOfBrowser')],
          ...Object.entries(LANGUAGES).map(([tag, { name }]) => [tag, name] as const),
        ]}
        onChange={(event) => void choose(event.currentTarget.value || null)}
      />
    </Card>
  );
}
