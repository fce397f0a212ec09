import type { ConversationView } from '@parley/client';
import { LIMITS, type UpdateGroupBody, type Visibility } from '@parley/protocol';
import { useForm } from '../auth/use-form.ts';
import { duration } from '../lib/text.ts';
import { lazyPart } from '../queries/lazy-part.tsx';
import { GroupRetention } from '../retention/group-retention.tsx';
import { useClient } from '../session/use-client.ts';
import { t } from '../texts/index.ts';
import { Button } from '../ui/button.tsx';
import { Field } from '../ui/field.tsx';
import { Select } from '../ui/select.tsx';
import { TextArea } from '../ui/text-area.tsx';
import { toast } from '../ui/toast.ts';
import { useOptimistic } from '../ui/use-optimistic.ts';
import { GroupIcon } from './group-icon.tsx';
import { useSameNameWarning } from './same-name.tsx';
import { WhoMay } from './who-may.tsx';

const ImageField = lazyPart(async () => (await import('../files/image-field.tsx')).ImageField);

/** The waits of slow mode that are offered, in seconds. */
const WAITS = [0, 5, 10, 30, 60, 300, 900, 3_600, 21_600];

/** Shows the description of a group, and the settings that the user may change. */
export function GroupSettings({
  view,
  focusesDescription,
}: {
  view: ConversationView;
  /** Whether the field of the description takes the focus. */
  focusesDescription: boolean;
}) {
  const client = useClient();
  const may = (permission: ConversationView['permissions'][number]) =>
    view.permissions.includes(permission);
  return (
    <>
      {may('rename') ? (
        <>
          <ImageField
            label={t('details.avatar')}
            hasImage={view.avatar !== null}
            onSet={(file) => client.api.images.setGroupAvatar(view.id, file)}
            onRemove={() => client.api.images.removeGroupAvatar(view.id)}
          >
            <GroupIcon group={view} className="bg-sunken text-muted" />
          </ImageField>
          <About view={view} focusesDescription={focusesDescription} />
        </>
      ) : (
        <>
          {view.topic !== '' && (
            <p dir="auto" className="mb-3 break-words font-medium">
              {view.topic}
            </p>
          )}
          {view.description !== '' && (
            <p dir="auto" className="mb-5 whitespace-pre-wrap break-words text-soft">
              {view.description}
            </p>
          )}
        </>
      )}
      {may('configure') && view.minimumRoles && (
        <WhoMay view={view} minimumRoles={view.minimumRoles} />
      )}
      <Choices view={view} />
    </>
  );
}

/** The form for the name, the topic and the description. */
function About({
  view,
  focusesDescription,
}: {
  view: ConversationView;
  focusesDescription: boolean;
}) {
  const client = useClient();
  const { warning, setName } = useSameNameWarning(view.id);
  const form = useForm(['name', 'topic', 'description'], async (values) => {
    await client.api.updateGroup(view.id, values);
    toast.success(t('details.saved'));
  });
  return (
    <form {...form.props} className="mb-5 flex flex-col gap-3">
      <div className="flex flex-col gap-1.5">
        <Field
          name="name"
          label={t('common.name')}
          defaultValue={view.name ?? ''}
          maxLength={LIMITS.groupNameMax}
          error={form.errors.name}
          onInput={({ currentTarget }) => setName(currentTarget.value)}
        />
        {warning}
      </div>
      <Field
        name="topic"
        label={t('details.topic')}
        defaultValue={view.topic}
        maxLength={LIMITS.groupTopicMax}
        error={form.errors.topic}
      />
      <TextArea
        name="description"
        label={t('details.description')}
        autoFocus={focusesDescription}
        defaultValue={view.description}
        maxLength={LIMITS.groupDescriptionMax}
        error={form.errors.description}
      />
      {form.problem && <p className="text-danger text-sm">{form.problem}</p>}
      <Button type="submit" busy={form.busy} className="min-h-11 self-start">
        {t('details.save')}
      </Button>
    </form>
  );
}

/** The visibility, the link previews and the slow mode, which are changed at once. */
function Choices({ view }: { view: ConversationView }) {
  const mayConfigure = view.permissions.includes('configure');
  return (
    <>
      {mayConfigure && !view.isEveryone && (
        <Choice
          view={view}
          label={t('createGroup.visibility')}
          options={[
            ['public', t('details.isPublic')],
            ['private', t('details.isPrivate')],
          ]}
          saved={view.visibility}
          changeOf={(value) => ({ visibility: value as Visibility })}
        />
      )}
      {mayConfigure && <GroupRetention view={view} />}
      {mayConfigure && (
        <Choice
          view={view}
          label={t('details.linkPreviews')}
          options={[
            ['on', t('details.linkPreviewsOn')],
            ['off', t('details.linkPreviewsOff')],
          ]}
          saved={view.linkPreviews ? 'on' : 'off'}
          changeOf={(value) => ({ linkPreviews: value === 'on' })}
        />
      )}
      {view.permissions.includes('slow_mode') && (
        <Choice
          view={view}
          label={t('details.slowMode')}
          options={slowModeOptions(view.slowModeSeconds)}
          saved={String(view.slowModeSeconds)}
          changeOf={(value) => ({ slowModeSeconds: Number(value) })}
        />
      )}
    </>
  );
}

/** Returns the waits to choose from, with the current one. */
const slowModeOptions = (current: number): [string, string][] =>
  [...new Set([...WAITS, current])]
    .sort((a, b) => a - b)
    .map((seconds) => [
      String(seconds),
      seconds === 0 ? t('details.slowModeOff') : duration(seconds),
    ]);

/** Chooses one setting of a group. */
function Choice({
  view,
  label,
  options,
  saved,
  changeOf,
}: {
  view: ConversationView;
  label: string;
  options: readonly (readonly [value: string, text: string])[];
  saved: string;
  changeOf: (value: string) => UpdateGroupBody;
}) {
  const client = useClient();
  const [value, save] = useOptimistic(saved);
  const choose = (next: string) =>
    save(next, () => client.api.updateGroup(view.id, changeOf(next)));
  return (
    <Select
      label={label}
      options={options}
      value={value}
      onChange={(event) => void choose(event.target.value)}
      className="mb-5"
    />
  );
}
