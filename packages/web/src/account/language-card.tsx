import { t } from '../texts/index.ts';
import { chooseLanguage, chosenLanguage, LANGUAGES } from '../texts/languages.ts';
import { Card } from '../ui/card.tsx';
import { Select } from '../ui/select.tsx';

/**
 * Chooses the language of this device. The page is loaded again in it: drafts, unsent messages and the
 * address are kept.
 */
export function LanguageCard() {
  return (
    <Card title={t('profile.language')} description={t('profile.languageIntro')}>
      <Select
        label={t('profile.language')}
        hiddenLabel
        defaultValue={chosenLanguage() ?? ''}
        options={[
          ['', t('profile.languageOfBrowser')],
          ...Object.entries(LANGUAGES).map(([tag, { name }]) => [tag, name] as const),
        ]}
        onChange={(event) => {
          chooseLanguage(event.currentTarget.value || null);
          location.reload();
        }}
      />
    </Card>
  );
}
