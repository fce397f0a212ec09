import type { Me } from '@parley/protocol';
import { BadgeCheck } from 'lucide-react';
import { useState } from 'react';
import { toast } from 'sonner';
import { PartTitle } from '../app/tabbed-page.tsx';
import { Problem } from '../auth/problem.tsx';
import { useForm } from '../auth/use-form.ts';
import { errorMessage } from '../lib/text.ts';
import { useClient, useParley } from '../session/use-client.ts';
import { Avatar } from '../ui/avatar.tsx';
import { Badge } from '../ui/badge.tsx';
import { Button } from '../ui/button.tsx';
import { Card } from '../ui/card.tsx';
import { CodeField } from '../ui/code-field.tsx';
import { Field } from '../ui/field.tsx';
import { useCountdown } from '../ui/use-countdown.ts';
import { useAccount } from './use-account.ts';

/** Edits name and phone number, and verifies the email address. */
export function ProfilePage() {
  const me = useParley((s) => s.me);
  return (
    <>
      <PartTitle title="Profile" description="How others see you, and how to reach you." />
      {me ? (
        <>
          <NameCard me={me} />
          <EmailCard me={me} />
        </>
      ) : (
        <div className="shimmer h-64 rounded-2xl" />
      )}
    </>
  );
}

function NameCard({ me }: { me: Me }) {
  const client = useClient();
  const account = useAccount();
  const names = ['displayName', 'firstName', 'lastName', 'phone'] as const;
  const form = useForm(names, async ({ displayName, firstName, lastName, phone }) => {
    await account.update({
      displayName,
      firstName: firstName.trim() || null,
      lastName: lastName.trim() || null,
      phone: phone.trim() || null,
    });
    await client.refreshMe();
    toast.success('Changes saved');
  });
  return (
    <Card title="Personal details">
      <div className="mb-5 flex items-center gap-4">
        <Avatar id={me.id} name={me.displayName} size={64} />
        <div className="min-w-0">
          <p className="truncate font-semibold text-lg leading-snug">
            <bdi>{me.displayName}</bdi>
          </p>
          <p className="flex items-center gap-2 truncate text-muted text-sm">
            @{me.username} {me.role !== 'member' && <Badge tone="accent">{ROLE[me.role]}</Badge>}
          </p>
        </div>
      </div>
      <form {...form.props} className="grid grid-cols-1 gap-4 min-[480px]:grid-cols-2">
        <div className="min-[480px]:col-span-2">
          <Problem text={form.problem} />
        </div>
        <Field
          name="displayName"
          label="Your name"
          autoComplete="name"
          defaultValue={me.displayName}
          required
          hint="Shown next to your messages."
          className="min-[480px]:col-span-2"
          error={form.errors.displayName}
        />
        <Field
          name="firstName"
          label="First name"
          autoComplete="given-name"
          defaultValue={me.firstName ?? ''}
          error={form.errors.firstName}
        />
        <Field
          name="lastName"
          label="Last name"
          autoComplete="family-name"
          defaultValue={me.lastName ?? ''}
          error={form.errors.lastName}
        />
        <Field
          name="phone"
          type="tel"
          label="Phone"
          autoComplete="tel"
          defaultValue={me.phone ?? ''}
          className="min-[480px]:col-span-2"
          error={form.errors.phone}
        />
        <div className="min-[480px]:col-span-2">
          <Button type="submit" look="primary" busy={form.busy}>
            Save changes
          </Button>
        </div>
      </form>
    </Card>
  );
}

const ROLE = { owner: 'Owner', admin: 'Admin', member: 'Member' } as const;

function EmailCard({ me }: { me: Me }) {
  return (
    <Card
      title="Email"
      description={me.email}
      actions={
        me.verified ? (
          <Badge tone="ok">
            <BadgeCheck size={14} /> Verified
          </Badge>
        ) : (
          <Badge tone="warn">Not verified</Badge>
        )
      }
    >
      {me.verified ? undefined : <Verify />}
    </Card>
  );
}

function Verify() {
  const client = useClient();
  const account = useAccount();
  const [until, setUntil] = useState<number | null>(null);
  const left = useCountdown(until ?? 0);
  const form = useForm(['code'], async ({ code }) => {
    await account.verify(code);
    await client.refreshMe();
    toast.success('Email address verified');
  });
  const send = async () => {
    try {
      const { resendAfter } = await account.sendVerification();
      setUntil(Date.now() + resendAfter * 1000);
    } catch (error) {
      toast.error(errorMessage(error));
    }
  };
  if (until === null) {
    return (
      <Button look="primary" onClick={() => void send()}>
        Send verification code
      </Button>
    );
  }
  return (
    <form {...form.props} className="flex max-w-xs flex-col gap-3">
      <Problem text={form.problem} />
      <CodeField
        name="code"
        label="Verification code"
        autoFocus
        error={form.errors.code}
        onFull={(element) => element.requestSubmit()}
      />
      <div className="flex gap-2">
        <Button type="submit" look="primary" busy={form.busy}>
          Verify email
        </Button>
        <Button look="quiet" disabled={left > 0} onClick={() => void send()}>
          Resend code{left > 0 && <span className="tabular-nums"> in {left} s</span>}
        </Button>
      </div>
    </form>
  );
}
