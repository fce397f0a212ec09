import type { NodeState, ServerState } from '@parley/protocol';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { type ReactNode, useEffect, useState } from 'react';
import { sizeText } from '../files/bytes.ts';
import { duration } from '../lib/text.ts';
import { ago, fullTime } from '../lib/time.ts';
import { keys } from '../queries/keys.ts';
import { useAdmin } from '../session/use-admin.ts';
import { locale, t } from '../texts/index.ts';
import type { PlainKey } from '../texts/keys.ts';
import { Badge } from '../ui/badge.tsx';
import { Card } from '../ui/card.tsx';
import { Loading } from '../ui/loading.tsx';
import { PartTitle } from '../ui/part-title.tsx';
import { Sparkline } from './sparkline.tsx';

const REFRESH_MS = 3_000;
/** The states shown in the sparklines: those of the last three minutes. */
const STATES_MAX = 60;

/** Shows the state of the running server, and keeps it up to date. */
export function StatePage() {
  const admin = useAdmin();
  const loaded = useQuery({
    queryKey: keys.serverState(),
    queryFn: ({ signal }) => admin.serverState({ signal }),
    // Not while the page is hidden.
    refetchInterval: REFRESH_MS,
    // Each answer is a point of the lines, even if equal to the last one.
    structuralSharing: false,
    gcTime: 0,
  });
  const { data } = loaded;
  const [history, setHistory] = useState<readonly ServerState[]>([]);
  useEffect(() => {
    if (data) setHistory((states) => [...states, data].slice(-STATES_MAX));
  }, [data]);
  return (
    <>
      <PartTitle title={t('serverState.title')} description={t('serverState.intro')} />
      <Loading of={loaded} />
      {data && loaded.error !== null && <Badge tone="danger">{t('serverState.outdated')}</Badge>}
      {data && (
        <>
          <Overview history={history.length === 0 ? [data] : history} />
          <Database state={data} />
          <Disk disk={data.disk} />
          <Queues state={data} />
          {data.nodes.map((node, index) => (
            <NodeCard key={node.node} node={node} isThis={index === 0} />
          ))}
        </>
      )}
    </>
  );
}

const number = (value: number): string => value.toLocaleString(locale);
const milliseconds = (value: number): string =>
  value.toLocaleString(locale, {
    style: 'unit',
    unit: 'millisecond',
    maximumFractionDigits: value < 10 ? 1 : 0,
  });
const sum = (nodes: readonly NodeState[], of: (node: NodeState) => number): number =>
  nodes.reduce((total, node) => total + of(node), 0);

/** The figures of all nodes together. */
const TILES: readonly {
  readonly title: PlainKey;
  readonly value: (state: ServerState) => number | null;
  readonly show: (value: number) => string;
}[] = [
  {
    title: 'serverState.connections',
    value: ({ nodes }) => sum(nodes, ({ sockets }) => sockets.open + sockets.catchingUp),
    show: number,
  },
  {
    title: 'serverState.messagesPerMinute',
    value: ({ nodes }) => sum(nodes, ({ messagesPerMinute }) => messagesPerMinute),
    show: number,
  },
  {
    title: 'serverState.deliverySlowest',
    value: ({ nodes }) => slowest(nodes, ({ delivery }) => delivery?.p99),
    show: milliseconds,
  },
  {
    title: 'serverState.unsent',
    value: ({ nodes }) => sum(nodes, ({ unsentBytes }) => unsentBytes),
    show: sizeText,
  },
];

function slowest(
  nodes: readonly NodeState[],
  of: (node: NodeState) => number | undefined,
): number | null {
  const times = nodes.map(of).filter((time) => time !== undefined);
  return times.length === 0 ? null : Math.max(...times);
}

function Overview({ history }: { history: readonly ServerState[] }) {
  const latest = history.at(-1);
  if (!latest) return null;
  return (
    <dl className="grid grid-cols-2 gap-3 sm:grid-cols-4">
      {TILES.map(({ title, value, show }) => {
        const now = value(latest);
        return (
          <div key={title} className="rounded-2xl border border-line bg-raised p-4">
            <dt className="text-note text-muted">{t(title)}</dt>
            <dd className="mt-1">
              <span className="font-semibold text-xl tabular-nums">
                {now === null ? t('serverState.none') : show(now)}
              </span>
              <Sparkline values={history.map((state) => value(state) ?? 0)} />
            </dd>
          </div>
        );
      })}
    </dl>
  );
}

function Rows({ rows }: { rows: readonly (readonly [string, ReactNode])[] }) {
  return (
    <dl className="grid grid-cols-2 gap-x-4 gap-y-1.5 sm:grid-cols-[auto_1fr] sm:gap-x-6 text-sm tabular-nums">
      {rows.map(([name, value]) => (
        <div key={name} className="contents">
          <dt className="text-muted">{name}</dt>
          <dd className="min-w-0 break-words">{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function Database({ state: { database, nodes } }: { state: ServerState }) {
  return (
    <Card title={t('serverState.database')}>
      <Rows
        rows={[
          [
            t('serverState.databaseKind'),
            t(database.kind === 'embedded' ? 'serverState.embedded' : 'serverState.external', {
              version: database.version,
            }),
          ],
          [t('serverState.size'), sizeText(database.sizeBytes)],
          [t('serverState.answers'), milliseconds(database.answerMs)],
          [t('serverState.waitingQueries'), number(sum(nodes, (n) => n.database.waiting))],
        ]}
      />
    </Card>
  );
}

function Disk({ disk: { freeBytes, totalBytes, isFull } }: { disk: ServerState['disk'] }) {
  const used = totalBytes === 0 ? 0 : 1 - freeBytes / totalBytes;
  return (
    <Card
      title={t('serverState.disk')}
      actions={isFull && <Badge tone="danger">{t('serverState.diskFull')}</Badge>}
    >
      <p className="text-sm tabular-nums">
        {t('serverState.diskFree', { free: sizeText(freeBytes), total: sizeText(totalBytes) })}
      </p>
      <meter
        min={0}
        max={1}
        high={0.9}
        value={used}
        aria-label={t('serverState.diskUsed')}
        className="mt-2 h-3 w-full"
      >
        {used.toLocaleString(locale, { style: 'percent' })}
      </meter>
    </Card>
  );
}

function Queues({ state: { notifications } }: { state: ServerState }) {
  if (notifications === null) {
    return <Card title={t('serverState.queues')} description={t('serverState.queuesUnknown')} />;
  }
  const { undecided, undecidedSeconds, channels } = notifications;
  const queued = (waiting: number, overdue: number) =>
    overdue === 0 ? number(waiting) : t('serverState.overdue', { waiting, overdue });
  return (
    <Card
      title={t('serverState.queues')}
      actions={
        <Link to="/admin/notifications" className="text-accent text-sm hover:underline">
          {t('serverState.details')}
        </Link>
      }
    >
      <Rows
        rows={[
          [
            t('delivery.decisions'),
            undecided === 0
              ? number(0)
              : t('serverState.undecided', { count: undecided, time: duration(undecidedSeconds) }),
          ],
          ...channels.map(
            ({ channel, waiting, overdue }) =>
              [t(`delivery.${channel}`), queued(waiting, overdue)] as const,
          ),
        ]}
      />
    </Card>
  );
}

const BROKER = {
  standalone: 'serverState.brokerStandalone',
  connected: 'serverState.brokerConnected',
  disconnected: 'serverState.brokerDisconnected',
} as const satisfies Record<NodeState['broker'], PlainKey>;

function NodeCard({ node, isThis }: { node: NodeState; isThis: boolean }) {
  const times = (summary: NodeState['delivery']) =>
    summary === null
      ? t('serverState.none')
      : t('serverState.times', {
          median: milliseconds(summary.median),
          p99: milliseconds(summary.p99),
        });
  return (
    <Card
      title={t('serverState.node', { name: node.node })}
      actions={
        <span className="flex flex-wrap gap-2">
          {isThis && <Badge>{t('serverState.thisNode')}</Badge>}
          <Badge tone={node.broker === 'disconnected' ? 'danger' : 'ok'}>
            {t(BROKER[node.broker])}
          </Badge>
        </span>
      }
    >
      <Rows
        rows={[
          [t('serverState.version'), node.version],
          [
            t('serverState.started'),
            <span key="started" title={fullTime(node.startedAt)}>
              {ago(node.startedAt)}
            </span>,
          ],
          [
            t('serverState.connections'),
            t('serverState.sockets', { ...node.sockets, accounts: node.accounts }),
          ],
          [t('serverState.messagesPerMinute'), number(node.messagesPerMinute)],
          [t('serverState.delivery'), times(node.delivery)],
          [t('serverState.commit'), times(node.commit)],
          [t('serverState.databaseConnections'), t('serverState.pool', node.database)],
          [t('serverState.memory'), sizeText(node.memoryBytes)],
          ...(node.brokerRoundTripMs === null
            ? []
            : [[t('serverState.roundTrip'), milliseconds(node.brokerRoundTripMs)] as const]),
        ]}
      />
    </Card>
  );
}
