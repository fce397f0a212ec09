import { type ConversationId, isBlank, LIMITS } from '@parley/protocol';
import { Plus } from 'lucide-react';
import { useState } from 'react';
import { Problem } from '../auth/problem.tsx';
import { useForm, WrongField } from '../auth/use-form.ts';
import { useClient } from '../session/use-client.ts';
import { useCommandIds } from '../session/use-command-ids.ts';
import { t } from '../texts/index.ts';
import { Button } from '../ui/button.tsx';
import { Checkbox } from '../ui/checkbox.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { Field } from '../ui/field.tsx';

/** Asks for a question and its choices, and posts them as a poll. */
export function PollDialog({
  conversation,
  onClose,
}: {
  conversation: ConversationId;
  onClose: () => void;
}) {
  const client = useClient();
  const [question, setQuestion] = useState('');
  const [choices, setChoices] = useState(['', '']);
  const [isMultiple, setMultiple] = useState(false);
  const commandId = useCommandIds();
  const filled = choices.map((choice) => choice.trim()).filter((choice) => choice !== '');
  const form = useForm(['question', 'choices'], async () => {
    if (isBlank(question)) throw new WrongField('question', t('poll.noQuestion'));
    if (filled.length < LIMITS.pollChoicesMin)
      throw new WrongField('choices', t('poll.fewChoices'));
    const poll = { question, choices: filled, isMultiple };
    await client.api.polls.createPoll(conversation, poll, commandId(JSON.stringify(poll)));
    onClose();
  });
  // The field with the error of the choices: the one to be filled in next.
  const empty = choices.findIndex((choice) => choice.trim() === '');
  const next = empty === -1 ? choices.length - 1 : empty;
  return (
    <Dialog open onClose={onClose} title={t('poll.create')}>
      <form {...form.props} className="space-y-3">
        <Problem text={form.problem} />
        <Field
          name="question"
          label={t('poll.question')}
          value={question}
          maxLength={1_000}
          error={form.errors.question}
          onChange={(event) => setQuestion(event.target.value)}
        />
        {choices.map((choice, n) => (
          <Field
            // biome-ignore lint/suspicious/noArrayIndexKey: a choice is identified by its index
            key={n}
            name={n === next ? 'choices' : undefined}
            label={t('poll.choice', { number: n + 1 })}
            value={choice}
            maxLength={LIMITS.pollChoiceCharacters}
            error={n === next ? form.errors.choices : undefined}
            // A choice that was added.
            autoFocus={n >= LIMITS.pollChoicesMin}
            onChange={(event) =>
              setChoices(choices.map((other, at) => (at === n ? event.target.value : other)))
            }
          />
        ))}
        {choices.length < LIMITS.pollChoicesMax && (
          <Button look="quiet" onClick={() => setChoices([...choices, ''])}>
            <Plus size={16} /> {t('poll.addChoice')}
          </Button>
        )}
        <Checkbox
          label={t('poll.allowSeveral')}
          checked={isMultiple}
          onChange={(event) => setMultiple(event.target.checked)}
        />
        <Button type="submit" look="primary" className="min-h-11 w-full" busy={form.busy}>
          {t('poll.post')}
        </Button>
      </form>
    </Dialog>
  );
}
