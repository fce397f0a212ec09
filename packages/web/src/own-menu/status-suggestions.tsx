import { t } from '../texts/index.ts';
import type { PlainKey } from '../texts/keys.ts';
import { Button } from '../ui/button.tsx';
import type { Duration } from '../users/status-times.ts';

/** A status that is offered to users who have none. */
export interface StatusSuggestion {
  readonly emoji: string;
  readonly text: PlainKey;
  /** After which time it is cleared. */
  readonly clear: Duration | 'never';
}

const SUGGESTIONS: readonly StatusSuggestion[] = [
  { emoji: '📅', text: 'statusSuggestion.meeting', clear: 'hour' },
  { emoji: '🚌', text: 'statusSuggestion.commuting', clear: 'halfHour' },
  { emoji: '🏡', text: 'statusSuggestion.remote', clear: 'today' },
  { emoji: '🤒', text: 'statusSuggestion.sick', clear: 'today' },
  { emoji: '🌴', text: 'statusSuggestion.vacation', clear: 'never' },
];

/** Offers the most common statuses, to be changed or saved as they are. */
export function StatusSuggestions({
  onChoose,
}: {
  onChoose: (suggestion: StatusSuggestion) => void;
}) {
  return (
    <ul aria-label={t('status.suggestions')} className="flex flex-wrap gap-2">
      {SUGGESTIONS.map((suggestion) => (
        <li key={suggestion.text}>
          <Button
            size="small"
            onClick={({ currentTarget: { form } }) => {
              // This button will be gone.
              form?.querySelector<HTMLElement>('[type="submit"]')?.focus();
              onChoose(suggestion);
            }}
          >
            <span aria-hidden="true">{suggestion.emoji}</span> {t(suggestion.text)}
          </Button>
        </li>
      ))}
    </ul>
  );
}
