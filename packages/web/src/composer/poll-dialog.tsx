import { type ConversationId, isBlank, LIMITS } from '@parley/protocol';
import { Plus } from 'lucide-react';
import { useState } from 'react';
import { errorMessage } from '../lib/text.ts';
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
  const [problem, setProblem] = useState<string>();
  const [busy, setBusy] = useState(false);
  const commandId = useCommandIds();
  const filled = choices.map((choice) => choice.trim()).filter((choice) => choice !== '');
  const post = async () => {
    setBusy(true);
    try {
      const poll = { question, choices: filled, isMultiple };
      await client.api.polls.createPoll(conversation, poll, commandId(JSON.stringify(poll)));
      onClose();
    } catch (error) {
      setProblem(errorMessage(error));
      setBusy(false);
    }
  };
  return (
    <Dialog open onClose={onClose} title={t('poll.create')}>
      <form
        className="space-y-3"
        onSubmit={(event) => {
          event.preventDefault();
          void post();
        }}
      >
        <Field
          label={t('poll.question')}
          value={question}
          maxLength={1_000}
          error={problem}
          onChange={(event) => setQuestion(event.target.value)}
        />
        {choices.map((choice, n) => (
          <Field
            // biome-ignore lint/suspicious/noArrayIndexKey: a choice is identified by its index
            key={n}
            label={t('poll.choice', { number: n + 1 })}
            value={choice}
            maxLength={LIMITS.pollChoiceCharacters}
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
        <Button
          type="submit"
          look="primary"
          className="w-full"
          busy={busy}
          disabled={isBlank(question) || filled.length < LIMITS.pollChoicesMin}
        >
          {t('poll.post')}
        </Button>
      </form>
    </Dialog>
  );
}
