import { type AdminAccount, type ApiKey, SCOPES, type Scope } from '@parley/protocol';
import { KeyRound, Plus, Trash2, UserRoundCheck, UserRoundX } from 'lucide-react';
import { useState } from 'react';
import { isolate } from '../lib/bidi.ts';
import { ago, dateOf } from '../lib/time.ts';
import { ActionItem, ActionMenu } from '../ui/action-menu.tsx';
import { Badge } from '../ui/badge.tsx';
import { Button, IconButton } from '../ui/button.tsx';
import { Card } from '../ui/card.tsx';
import { Confirm } from '../ui/confirm.tsx';
import { Loading } from '../ui/loading.tsx';
import { useLoad } from '../ui/use-load.ts';
import { CreateKey } from './create-api-key.tsx';
import { attempt, useAdmin } from './use-admin.ts';

/** One program: its keys, and whether it may come in at all. */
export function ProgramCard({
  program,
  onChange,
}: {
  program: AdminAccount;
  onChange: (program: AdminAccount) => void;
}) {
  const admin = useAdmin();
  const keys = useLoad(() => admin.keys(program.id));
  const [creating, setCreating] = useState(false);
  const [ending, setEnding] = useState<ApiKey | null>(null);
  return (
    <Card
      title={isolate(program.displayName)}
      description={
        <>
          @{program.username} · {program.lastSeen ? `used ${ago(program.lastSeen)}` : 'never used'}
        </>
      }
      actions={
        <div className="flex items-center gap-2">
          {!program.isActive && <Badge tone="danger">Deactivated</Badge>}
          <Button onClick={() => setCreating(true)}>
            <Plus size={16} /> New key
          </Button>
          <ActionMenu label={`More for ${program.displayName}`}>
            {program.isActive ? (
              <ActionItem
                danger
                icon={<UserRoundX size={16} />}
                onSelect={() =>
                  void attempt(
                    async () => onChange(await admin.deactivate(program.id)),
                    'Deactivated',
                  )
                }
              >
                Deactivate
              </ActionItem>
            ) : (
              <ActionItem
                icon={<UserRoundCheck size={16} />}
                onSelect={() =>
                  void attempt(
                    async () => onChange(await admin.reactivate(program.id)),
                    'Active again',
                  )
                }
              >
                Reactivate
              </ActionItem>
            )}
          </ActionMenu>
        </div>
      }
    >
      <Loading of={keys} />
      {keys.data?.length === 0 && <p className="text-muted text-sm">It has no key yet.</p>}
      {keys.data && keys.data.length > 0 && (
        <ul className="flex flex-col divide-y divide-line">
          {keys.data.map((key) => (
            <li key={key.id} className="flex items-start gap-3 py-3 first:pt-0 last:pb-0">
              <span className="flex size-9 shrink-0 items-center justify-center rounded-[32%] bg-sunken text-muted">
                <KeyRound size={17} />
              </span>
              <span className="min-w-0 flex-1">
                <span className="flex flex-wrap items-center gap-2">
                  <span className="truncate font-medium">{key.name}</span>
                  <code className="text-[12px] text-muted">{key.hint}…</code>
                  {key.expiresAt !== null && Date.parse(key.expiresAt) < Date.now() && (
                    <Badge tone="danger">Run out</Badge>
                  )}
                </span>
                <span className="block text-[13px] text-muted">
                  {key.lastUsedAt ? `Used ${ago(key.lastUsedAt)}` : 'Never used'}
                  {key.expiresAt === null ? '' : ` · good until ${dateOf(key.expiresAt)}`}
                </span>
                <span className="mt-1.5 flex flex-wrap gap-1">
                  {key.scopes.map((scope: Scope) => (
                    <span key={scope} title={SCOPES[scope]}>
                      <Badge>{scope}</Badge>
                    </span>
                  ))}
                </span>
              </span>
              <IconButton label={`Take back ${key.name}`} onClick={() => setEnding(key)}>
                <Trash2 size={17} />
              </IconButton>
            </li>
          ))}
        </ul>
      )}
      <CreateKey
        program={program}
        open={creating}
        onClose={() => setCreating(false)}
        onCreated={() => void keys.reload()}
      />
      <Confirm
        open={ending !== null}
        title={`Take back “${ending?.name ?? ''}”?`}
        description="Programs that use this key are out at once."
        action="Take back"
        onCancel={() => setEnding(null)}
        onConfirm={() =>
          void attempt(async () => {
            if (ending) await admin.revokeApiKey(program.id, ending.id);
            await keys.reload();
          }, 'The key is taken back')
        }
      />
    </Card>
  );
}
