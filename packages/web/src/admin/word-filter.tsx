import { ApiError } from '@parley/client';
import { type FilteredWord, isolate, type WordFilterAnswer } from '@parley/protocol';
import { queryOptions, useQuery, useQueryClient } from '@tanstack/react-query';
import { Problem } from '../auth/problem.tsx';
import { useForm, WrongField } from '../auth/use-form.ts';
import { keys } from '../queries/keys.ts';
import { FORM } from '../queries/query-client.ts';
import { useAdmin } from '../session/use-admin.ts';
import { fieldText, t } from '../texts/index.ts';
import { Button } from '../ui/button.tsx';
import { Loading } from '../ui/loading.tsx';
import { TextArea } from '../ui/text-area.tsx';
import { toast } from '../ui/toast.ts';
import { GroupTitle } from './settings-group.tsx';

/** Edits the words with which messages are rejected or reported, one per line. */
export function WordFilterForm() {
  const admin = useAdmin();
  const queryClient = useQueryClient();
  const query = queryOptions({
    queryKey: keys.wordFilter(),
    queryFn: ({ signal }) => admin.wordFilter({ signal }),
    ...FORM,
  });
  const loaded = useQuery(query);
  return (
    <section
      aria-labelledby="wordFilter"
      className="rounded-2xl border border-line bg-raised p-4 sm:p-5"
    >
      <GroupTitle group="wordFilter" />
      <p className="mt-1 mb-4 text-muted text-sm">{t('wordFilter.intro')}</p>
      <Loading of={loaded} />
      {loaded.data && (
        <Form
          loaded={loaded.data}
          onSaved={(saved) => queryClient.setQueryData(query.queryKey, saved)}
        />
      )}
    </section>
  );
}

const linesOf = (words: readonly FilteredWord[], action: FilteredWord['action']): string =>
  words
    .filter((word) => word.action === action)
    .map(({ text }) => text)
    .join('\n');

const wordsOf = (lines: string, action: FilteredWord['action']): FilteredWord[] =>
  lines
    .split('\n')
    .map((text) => ({ text: text.trim(), action }))
    .filter(({ text }) => text !== '');

/** Returns an error next to the field with the first wrong word, which it names. */
function wordError(error: unknown, words: readonly FilteredWord[]): unknown {
  const wrong = error instanceof ApiError ? error.errors[0] : undefined;
  const word = words[Number(/^words\.(\d+)/.exec(wrong?.field ?? '')?.[1])];
  if (!wrong || !word) return error;
  return new WrongField(word.action, `“${isolate(word.text)}”: ${fieldText(wrong)}`);
}

function Form({
  loaded,
  onSaved,
}: {
  loaded: WordFilterAnswer;
  onSaved: (saved: WordFilterAnswer) => void;
}) {
  const admin = useAdmin();
  const form = useForm(['reject', 'flag'], async ({ reject, flag }) => {
    const words = [...wordsOf(reject, 'reject'), ...wordsOf(flag, 'flag')];
    const { revision } = loaded;
    const saved = await admin.changeWordFilter({ words, revision }).catch((error: unknown) => {
      throw wordError(error, words);
    });
    toast.success(t('wordFilter.saved'));
    onSaved(saved);
  });
  return (
    <form {...form.props} className="grid grid-cols-1 gap-4 min-[480px]:grid-cols-2">
      <div className="has-[[role=alert]:empty]:hidden min-[480px]:col-span-2">
        <Problem text={form.problem} />
      </div>
      <TextArea
        name="reject"
        label={t('wordFilter.reject')}
        key={`reject ${loaded.revision}`}
        defaultValue={linesOf(loaded.words, 'reject')}
        rows={6}
        error={form.errors.reject}
      />
      <TextArea
        name="flag"
        label={t('wordFilter.flag')}
        key={`flag ${loaded.revision}`}
        defaultValue={linesOf(loaded.words, 'flag')}
        rows={6}
        error={form.errors.flag}
      />
      <div className="min-[480px]:col-span-2">
        <Button type="submit" look="primary" busy={form.busy}>
          {t('wordFilter.save')}
        </Button>
      </div>
    </form>
  );
}
