import { type ConversationId, isolate } from '@parley/protocol';
import { nameList } from '../lib/text.ts';
import { useParley } from '../session/use-client.ts';
import { t } from '../texts/index.ts';
import { RichText } from '../texts/rich-text.tsx';

/** Shows who is typing. Its height is constant, so that the list does not jump. */
export function TypingLine({ conversation }: { conversation: ConversationId }) {
  const typing = useParley((s) => s.typing).get(conversation);
  const users = useParley((s) => s.users);
  const names = typing?.map((id) => users.get(id)?.displayName ?? t('common.someone')) ?? [];
  return (
    <div aria-live="polite" className="flex h-6 items-center gap-2 px-5 text-note text-muted">
      {names.length > 0 && (
        <>
          <span className="flex gap-0.5" aria-hidden="true">
            {[0, 1, 2].map((n) => (
              <span
                key={n}
                className="size-1.5 animate-pulse rounded-full bg-muted"
                style={{ animationDelay: `${n * 180}ms` }}
              />
            ))}
          </span>
          <span className="truncate">
            <RichText
              text="typing.users"
              parts={{ names: <bdi>{nameList(names.map(isolate))}</bdi> }}
              values={{ count: names.length }}
            />
          </span>
        </>
      )}
    </div>
  );
}
