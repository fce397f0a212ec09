import { Hash, Inbox, Plus, Star, Trash2 } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { ActionItem, ActionMenu } from '../ui/action-menu.tsx';
import { Avatar } from '../ui/avatar.tsx';
import { Badge } from '../ui/badge.tsx';
import { Banner } from '../ui/banner.tsx';
import { Button, IconButton } from '../ui/button.tsx';
import { Card } from '../ui/card.tsx';
import { Chip } from '../ui/chip.tsx';
import { Confirm } from '../ui/confirm.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { Empty } from '../ui/empty.tsx';
import { Kbd } from '../ui/kbd.tsx';
import { ListPage } from '../ui/list-page.tsx';
import { Popover } from '../ui/popover.tsx';
import { Skeleton, SkeletonRows } from '../ui/skeleton.tsx';
import { Spinner } from '../ui/spinner.tsx';
import { Table } from '../ui/table.tsx';
import { Tabs } from '../ui/tabs.tsx';
import { toast } from '../ui/toast.ts';
import { Tooltip } from '../ui/tooltip.tsx';
import { UnreadBadge } from '../ui/unread-badge.tsx';
import { FieldStates } from './field-states.tsx';
import { TokenTables } from './token-tables.tsx';

/**
 * Shows the design tokens and the components of `ui/` in all of their states. It is for developers, so that
 * its texts are not in the catalog; it is part of the build, as its own chunk that nothing else loads,
 * so that the screenshots show what is delivered.
 */
export function UiPage() {
  return (
    <ListPage
      title="Design tokens and components"
      className="flex flex-col gap-6 px-4 pb-10 sm:px-6"
    >
      <TokenTables />
      <ButtonStates />
      <FieldStates />
      <Overlays />
      <Labels />
      <Placeholders />
    </ListPage>
  );
}

/** A row of examples. */
function Row({ children }: { children: ReactNode }) {
  return <div className="flex flex-wrap items-center gap-2.5">{children}</div>;
}

function ButtonStates() {
  const looks = ['primary', 'plain', 'quiet', 'risky', 'danger'] as const;
  return (
    <Card title="Button, IconButton" description="Default, disabled, busy; two sizes.">
      <div className="flex flex-col gap-3">
        {looks.map((look) => (
          <Row key={look}>
            <Button look={look}>{look}</Button>
            <Button look={look} disabled>
              disabled
            </Button>
            <Button look={look} busy>
              busy
            </Button>
            <Button look={look} size="small">
              <Plus size={14} /> small
            </Button>
          </Row>
        ))}
        <Row>
          <IconButton label="Star">
            <Star size={18} />
          </IconButton>
          <IconButton label="Star, disabled" disabled>
            <Star size={18} />
          </IconButton>
          <IconButton label="Star, on" isOn>
            <Star size={18} fill="currentColor" />
          </IconButton>
        </Row>
      </div>
    </Card>
  );
}

function Overlays() {
  const [open, setOpen] = useState<'dialog' | 'confirm' | null>(null);
  return (
    <Card title="Dialog, Confirm, Menu, Popover, Tooltip, Toast">
      <Row>
        <Button onClick={() => setOpen('dialog')}>Dialog</Button>
        <Button look="risky" onClick={() => setOpen('confirm')}>
          Confirm
        </Button>
        <Popover label="Example" trigger={<Button>Popover</Button>}>
          <p className="text-sm">Stays beside its trigger.</p>
        </Popover>
        <Tooltip text="Shown after a moment">
          <Button>Tooltip</Button>
        </Tooltip>
        <Button
          onClick={() =>
            toast('Message saved', { action: { label: 'Undo', onClick: () => undefined } })
          }
        >
          Toast
        </Button>
        <ActionMenu label="Menu">
          <ActionItem icon={<Star size={16} />} onSelect={() => undefined}>
            Save message
          </ActionItem>
          <ActionItem icon={<Trash2 size={16} />} danger onSelect={() => undefined}>
            Delete message
          </ActionItem>
        </ActionMenu>
      </Row>
      <Dialog
        open={open === 'dialog'}
        onClose={() => setOpen(null)}
        title="Dialog"
        description="A sheet at the bottom of the screen on phones."
      >
        <p className="text-sm">Its content scrolls.</p>
      </Dialog>
      <Confirm
        open={open === 'confirm'}
        title="Delete the message?"
        description="It is removed for everyone."
        action="Delete"
        onCancel={() => setOpen(null)}
        onConfirm={() => setOpen(null)}
      />
    </Card>
  );
}

function Labels() {
  const [isOn, setOn] = useState(true);
  const [isShown, setShown] = useState(true);
  return (
    <Card title="Avatar, Badge, Chip, Banner, Kbd">
      <div className="flex flex-col gap-4">
        <Row>
          {(['active', 'idle', 'busy', 'offline'] as const).map((presence, n) => (
            <Avatar
              key={presence}
              id={`example-${n}`}
              name={`Example ${presence}`}
              presence={presence}
            />
          ))}
          <Avatar id="large" name="Large Avatar" size={56} />
          <Avatar id="small" name="Small Avatar" size={20} />
        </Row>
        <Row>
          <Badge>Plain</Badge>
          <Badge tone="accent">Accent</Badge>
          <Badge tone="ok">Active</Badge>
          <Badge tone="warn">Expires soon</Badge>
          <Badge tone="danger">Suspended</Badge>
          <UnreadBadge count={7} />
          <UnreadBadge count={2} isMention />
        </Row>
        <Row>
          <Chip isOn={isOn} onClick={() => setOn(!isOn)}>
            From: Nadia
          </Chip>
          <Chip isOn={false} onClick={() => undefined}>
            Has a file
          </Chip>
          {isShown && (
            <Chip onRemove={() => setShown(false)} removeLabel="Remove the group">
              In: release-2-4
            </Chip>
          )}
          <span className="text-muted text-sm">
            <Kbd>Ctrl</Kbd> <Kbd>K</Kbd>
          </span>
        </Row>
        <Banner>Emails are kept in the outbox folder of the server.</Banner>
        <Banner tone="ok">Changes saved</Banner>
        <Banner tone="warn">The certificate expires in 9 days.</Banner>
        <Banner tone="danger" actions={<Button size="small">Try again</Button>}>
          The list couldn’t be loaded.
        </Banner>
      </div>
    </Card>
  );
}

function Placeholders() {
  return (
    <Card title="Tabs, Table, Empty, Skeleton, Spinner">
      <Tabs
        label="Placeholders"
        tabs={[
          {
            id: 'table',
            title: 'Table',
            content: (
              <Table
                label="Groups"
                columns={['Group', 'Members', 'Created']}
                rows={[
                  ['a', [<Name key="n">release-2-4</Name>, '12', '25 November']],
                  ['b', [<Name key="n">lunch</Name>, '9', '24 November']],
                ]}
              />
            ),
          },
          {
            id: 'empty',
            title: 'Empty',
            content: (
              <Empty
                icon={<Inbox size={22} />}
                title="Nothing here yet"
                actions={<Button>Create one</Button>}
              >
                Says what will be listed, and how to start.
              </Empty>
            ),
          },
          {
            id: 'loading',
            title: 'Loading',
            content: (
              <div className="flex flex-col gap-4">
                <SkeletonRows count={2} />
                <Skeleton className="h-10 w-full" />
                <Spinner size={20} className="text-muted" />
              </div>
            ),
          },
        ]}
      />
    </Card>
  );
}

function Name({ children }: { children: string }) {
  return (
    <span className="flex items-center gap-1.5 font-medium">
      <Hash size={15} aria-hidden="true" className="text-muted" /> {children}
    </span>
  );
}
