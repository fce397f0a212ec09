import type { ConversationId } from '@parley/protocol';
import { Hash } from 'lucide-react';
import { useRef, useState } from 'react';
import { Problem } from '../auth/problem.tsx';
import { useForm } from '../auth/use-form.ts';
import { useClient } from '../session/use-client.ts';
import { t } from '../texts/index.ts';
import { Button } from '../ui/button.tsx';
import { Field } from '../ui/field.tsx';
import { distinctNames, forEachRemaining } from './remaining.ts';
import type { SetupStepProps } from './setup-step.ts';

/** The groups that are suggested. */
const SUGGESTED = ['announcements', 'help', 'projects', 'social'] as const;
type Suggested = (typeof SUGGESTED)[number];

/** The step that creates the first groups. */
export function SetupGroups({ onDone }: SetupStepProps) {
  const { api } = useClient();
  const [chosen, setChosen] = useState<ReadonlySet<Suggested>>(new Set(['announcements', 'help']));
  /** After a failure, the groups already created, and those that are complete. */
  const created = useRef(new Map<string, ConversationId>());
  const complete = useRef(new Set<string>());
  const form = useForm(['other'], async ({ other }) => {
    const names = distinctNames([
      ...SUGGESTED.filter((one) => chosen.has(one)).map((one) => t(`setupGroup.${one}`)),
      ...other.split(','),
    ]);
    await forEachRemaining(names, complete.current, async (name) => {
      const id =
        created.current.get(name) ??
        (await api.createGroup({ name, visibility: 'public', members: [] })).id;
      created.current.set(name, id);
      if (name === t('setupGroup.announcements')) {
        await api.changeMinimumRoles(id, { post: 'admin' });
      }
    });
    await onDone();
  });
  const toggle = (name: Suggested) =>
    setChosen((now) => {
      const next = new Set(now);
      if (!next.delete(name)) next.add(name);
      return next;
    });
  return (
    <form {...form.props} className="flex flex-col gap-4">
      <Problem text={form.problem} />
      <fieldset>
        <legend className="mb-1.5 text-muted">{t('setup.groupsIntro')}</legend>
        <div className="grid gap-2 sm:grid-cols-2">
          {SUGGESTED.map((name) => (
            <label
              key={name}
              className="flex cursor-pointer gap-3 rounded-lg border border-line p-3 has-checked:border-accent has-checked:bg-accent-soft/50 has-focus-visible:ring-3 has-focus-visible:ring-accent/20"
            >
              <input
                type="checkbox"
                checked={chosen.has(name)}
                onChange={() => toggle(name)}
                className="mt-1 size-4 shrink-0 accent-(--accent)"
              />
              <span className="min-w-0">
                <span className="flex items-center gap-1 font-medium text-sm">
                  <Hash size={14} className="text-muted" /> {t(`setupGroup.${name}`)}
                </span>
                <span className="block text-note text-soft">{t(`setupGroupHint.${name}`)}</span>
              </span>
            </label>
          ))}
        </div>
      </fieldset>
      <Field
        name="other"
        label={t('setup.otherGroups')}
        hint={t('server.domainsHint')}
        maxLength={400}
        error={form.errors.other}
      />
      <Button type="submit" look="primary" busy={form.busy} className="min-h-11 self-start">
        {t('setup.createGroups')}
      </Button>
    </form>
  );
}
