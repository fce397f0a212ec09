import type { FilteredWord, WordFilterAnswer } from '@parley/protocol';
import { queryOptions, useQuery, useQueryClient } from '@tanstack/react-query';
import { Problem } from '../auth/problem.tsx';
import { useForm } from '../auth/use-form.ts';
import { keys } from '../queries/keys.ts';
import { FORM } from '../queries/query-client.ts';
import { useAdmin } from '../session/use-admin.ts';
import { t } from '../texts/index.ts';
import { Button } from '../ui/button.tsx';
import { Loading } from '../ui/loading.tsx';
import { PartTitle } from '../ui/part-title.tsx';
import { TextArea } from '../ui/text-area.tsx';
import { toast } from '../ui/toast.ts';

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
    <section aria-label={t('wordFilter.title')} className="mt-8">
      <PartTitle title={t('wordFilter.title')} description={t('wordFilter.intro')} />
      <Loading of={loaded} />
      {loaded.data && (
        <Form
          key={loaded.data.revision}
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
    const saved = await admin.changeWordFilter({ words, revision: loaded.revision });
    toast.success(t('wordFilter.saved'));
    onSaved(saved);
  });
  return (
    <div className="rounded-2xl border border-line bg-raised p-4 sm:p-5">
      <form {...form.props} className="grid grid-cols-1 gap-4 min-[480px]:grid-cols-2">
        <div className="empty:hidden min-[480px]:col-span-2">
          <Problem text={form.problem} />
        </div>
        <TextArea
          name="reject"
          label={t('wordFilter.reject')}
          defaultValue={linesOf(loaded.words, 'reject')}
          rows={6}
        />
        <TextArea
          name="flag"
          label={t('wordFilter.flag')}
          defaultValue={linesOf(loaded.words, 'flag')}
          rows={6}
        />
        <div className="min-[480px]:col-span-2">
          <Button type="submit" look="primary" busy={form.busy}>
            {t('wordFilter.save')}
          </Button>
        </div>
      </form>
    </div>
  );
}
