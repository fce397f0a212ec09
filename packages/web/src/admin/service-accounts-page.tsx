import type { AdminAccount } from '@parley/protocol';
import { Plus, SquareTerminal } from 'lucide-react';
import { useState } from 'react';
import { PartTitle } from '../app/tabbed-page.tsx';
import { Problem } from '../auth/problem.tsx';
import { useForm } from '../auth/use-form.ts';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { Empty } from '../ui/empty.tsx';
import { Field } from '../ui/field.tsx';
import { Loading } from '../ui/loading.tsx';
import { useLoad } from '../ui/use-load.ts';
import { ProgramCard } from './service-account-card.tsx';
import { useAdmin } from './use-admin.ts';

/** Accounts of programs, and the keys by which they come in. */
export function ProgramsPage() {
  const admin = useAdmin();
  const programs = useLoad(() => admin.serviceAccounts());
  const [creating, setCreating] = useState(false);
  const replace = (changed: AdminAccount) =>
    programs.set((now) => now.map((a) => (a.id === changed.id ? changed : a)));
  return (
    <>
      <PartTitle
        title="Programs"
        description="Accounts for bots and other programs. They have no password; they come in by keys."
        actions={
          <Button look="primary" onClick={() => setCreating(true)}>
            <Plus size={16} /> Add a program
          </Button>
        }
      />
      <Loading of={programs} />
      {programs.data?.length === 0 && (
        <Empty icon={<SquareTerminal size={22} />} title="No programs yet">
          A program with a key can read and write what its key allows, over the API and live.
        </Empty>
      )}
      {programs.data?.map((program) => (
        <ProgramCard key={program.id} program={program} onChange={replace} />
      ))}
      <Dialog
        open={creating}
        onClose={() => setCreating(false)}
        title="Add a program"
        description="It gets an account of its own; people see its name beside what it writes."
      >
        <CreateProgram
          onCreated={() => {
            setCreating(false);
            void programs.reload();
          }}
        />
      </Dialog>
    </>
  );
}

function CreateProgram({ onCreated }: { onCreated: () => void }) {
  const admin = useAdmin();
  const form = useForm(['displayName', 'username'], async (values) => {
    await admin.createServiceAccount(values);
    onCreated();
  });
  return (
    <form {...form.props} className="flex flex-col gap-4 pt-2">
      <Problem text={form.problem} />
      <Field name="displayName" label="Name" autoFocus required error={form.errors.displayName} />
      <Field
        name="username"
        label="Username"
        autoCapitalize="none"
        spellCheck={false}
        required
        error={form.errors.username}
      />
      <Button type="submit" look="primary" busy={form.busy} className="min-h-11">
        Add
      </Button>
    </form>
  );
}
