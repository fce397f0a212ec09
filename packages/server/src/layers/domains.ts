import type { Pool } from 'pg';
import { type Accounts, openAccounts } from '../accounts/accounts.ts';
import { ApiKeys } from '../accounts/api-keys/api-keys.ts';
import { BulkDeletions } from '../admin/bulk-deletions.ts';
import { GuestExpiry } from '../admin/guest-expiry.ts';
import { AuditLog } from '../audit/audit-log.ts';
import { bootstrapEveryone } from '../conversations/everyone.ts';
import { Emails } from '../email/emails.ts';
import { emailTransport } from '../email/transport.ts';
import { loadSecret } from '../encryption/secret.ts';
import { Vault } from '../encryption/vault.ts';
import { Erasures } from '../erasure/erasures.ts';
import { SecondFactors } from '../factors/factors.ts';
import { type Files, openFiles } from '../files/files.ts';
import { LegalHoldPurge } from '../legal-holds/purge.ts';
import { openLinkPreviews } from '../link-previews/open.ts';
import { ReadCursors } from '../messages/read-cursors/read-cursors.ts';
import { NotificationDecider } from '../notifications/decider.ts';
import { Digests } from '../notifications/digests.ts';
import { Reminders } from '../personal/reminders.ts';
import { ScheduledSender } from '../personal/scheduled-sender.ts';
import { openPush, type PushDomain } from '../push/open.ts';
import { ReportExpiry } from '../reports/expiry.ts';
import { OpenReports } from '../reports/open-reports.ts';
import { Retention } from '../retention/retention.ts';
import { Directory } from '../search/directory.ts';
import { FileTexts } from '../search/file-texts.ts';
import { SearchIndexer } from '../search/indexer.ts';
import { MessageSearch } from '../search/search.ts';
import { ServerSettings } from '../settings/server-settings.ts';
import { Identities } from '../sso/identities.ts';
import { Statuses } from '../status/statuses.ts';
import { FlaggedMessages, type FlaggedMessagesDeps } from '../word-filter/flagged.ts';
import { BackgroundWork } from './background-work.ts';
import type { LayerContext } from './context.ts';
import { loginSteps } from './login-steps.ts';
import type { StreamLayer } from './streams.ts';

/** The domains: everything that users and programs can do. */
export interface DomainLayer {
  readonly vault: Vault;
  readonly keys: ApiKeys;
  readonly emails: Emails;
  readonly audit: AuditLog;
  readonly settings: ServerSettings;
  readonly accounts: Accounts;
  readonly factors: SecondFactors;
  readonly identities: Identities;
  readonly erasures: Erasures;
  readonly bulkDeletions: BulkDeletions;
  readonly legalHoldPurge: LegalHoldPurge;
  readonly readCursors: ReadCursors;
  readonly search: MessageSearch;
  readonly directory: Directory;
  readonly statuses: Statuses;
  readonly files: Files;
  readonly decider: NotificationDecider;
  readonly digests: Digests;
  readonly openReports: OpenReports;
  readonly push: PushDomain;
  /** Starts the background work. */
  start(): void;
}

/** Types of events that may leave files without a message. */
const DETACHING: ReadonlySet<string> = new Set(['message.deleted', 'conversation.deleted']);

/** What every domain may depend on. */
interface Shared extends LayerContext, StreamLayer, ReturnType<typeof openBase> {
  readonly pool: Pool;
  readonly settings: ServerSettings;
  readonly work: BackgroundWork;
  /** The server’s public address. */
  readonly url: string;
}

/** Builds the domains. `url` is the server’s public address. */
export async function openDomains(
  context: LayerContext,
  pool: Pool,
  streams: StreamLayer,
  url: string,
): Promise<DomainLayer> {
  const { append, metrics, wordFilter } = streams;
  const work = new BackgroundWork(context.onStop);
  await wordFilter.load(pool);
  context.onStop(() => wordFilter.stop());
  await bootstrapEveryone(append);
  const settings = await openSettings(context, pool, streams, work);
  const base = openBase(context, pool, work);
  const shared: Shared = { ...context, ...streams, ...base, pool, settings, work, url };
  const accounts = await openAccountDomain(shared);
  const factors = await openFactors(shared, accounts);
  const files = await openFileDomain(shared);
  const moderation = openModeration(shared, accounts, files);
  const { sessions } = accounts;
  const { clock, log, audit } = shared;
  const identities = new Identities({ pool, append, clock, settings, sessions, audit });
  const statuses = openPersonal(shared);
  const readCursors = new ReadCursors(pool, log, metrics);
  const search = openSearch(shared);
  const notifications = await openNotifications(shared);
  openLinkPreviewDomain(shared, files);
  return {
    ...{ vault: base.vault, keys: base.keys, emails: base.emails, audit, settings },
    ...{ accounts, factors, identities, readCursors, statuses, files },
    ...moderation,
    ...search,
    ...notifications,
    start: () => {
      work.start();
      wordFilter.start(pool, log);
    },
  };
}

/** Reads the server settings, and keeps them current. */
async function openSettings(
  { config, log }: LayerContext,
  pool: Pool,
  { broker, onCommitted }: StreamLayer,
  work: BackgroundWork,
): Promise<ServerSettings> {
  const settings = work.add(new ServerSettings({ pool, config, log, broker }));
  await settings.load();
  onCommitted((events) => settings.committed(events));
  return settings;
}

/** Builds what other domains depend on: secrets, API keys, the email queue and the audit log. */
function openBase({ config, log, clock }: LayerContext, pool: Pool, work: BackgroundWork) {
  const secret = loadSecret(config);
  const vault = new Vault(secret);
  const keys = new ApiKeys(pool, clock);
  const transport = emailTransport(config, log);
  const emails = work.add(new Emails({ pool, clock, log, vault, transport }));
  if (emails.kind === 'smtp' && config.publicUrl === undefined) {
    log.warn('PUBLIC_URL is not set: links in emails work only on this machine');
  }
  const audit = work.add(new AuditLog({ pool, clock, log }));
  return { secret, vault, keys, emails, audit };
}

async function openAccountDomain(shared: Shared): Promise<Accounts> {
  const accounts = await openAccounts({
    ...shared,
    issuer: () => shared.url,
    loginSteps: (deps) => loginSteps(deps, shared.config),
  });
  return shared.work.add(accounts);
}

async function openFactors(
  { clock, vault, config: { secondFactor: requirement } }: Shared,
  accounts: Accounts,
): Promise<SecondFactors> {
  const factors = new SecondFactors({ ...accounts.parts, clock, vault, requirement });
  await factors.recovery.upgrade();
  return factors;
}

/** Builds the files, their texts for the search, and the deletion of those that no message has. */
async function openFileDomain(shared: Shared): Promise<Files> {
  const { pool, clock, log, work, onCommitted } = shared;
  const files = await openFiles({ ...shared, onStored: () => fileTexts.wake() });
  const fileTexts = work.add(new FileTexts({ pool, store: files.store, clock, log }));
  work.add(files.collector);
  work.add(files.sweeper);
  work.add(files.imageCollector);
  onCommitted((events) => {
    if (events.some((e) => DETACHING.has(e.type))) files.collector.wake();
  });
  return files;
}

/** Builds what admins do to accounts and messages, and the deletions that follow from it in the background. */
function openModeration(shared: Shared, { sessions }: Accounts, files: Files) {
  const { pool, append, clock, log, audit, keys, work } = shared;
  const { collector, imageCollector: images } = files;
  const erasures = work.add(
    new Erasures({ pool, append, clock, log, sessions, files: collector, images }),
  );
  const bulkDeletions = work.add(new BulkDeletions({ pool, append, clock, log, audit }));
  const legalHoldPurge = work.add(
    new LegalHoldPurge({ pool, clock, log, audit, files: collector }),
  );
  work.add(new GuestExpiry({ pool, append, clock, log, audit, sessions, keys }));
  const openReports = new OpenReports({ pool, log });
  const onReported: FlaggedMessagesDeps['onReported'] = (conversations) =>
    openReports.changed(conversations);
  work.add(new FlaggedMessages({ pool, clock, log, onReported }));
  work.add(new ReportExpiry({ pool, clock, log }));
  return { erasures, bulkDeletions, legalHoldPurge, openReports };
}

/** Builds what happens at a time: reminders, scheduled messages, retention, the expiry of statuses. */
function openPersonal(shared: Shared): Statuses {
  const { pool, append, clock, log, audit, settings, broker, work, onCommitted } = shared;
  work.add(new Reminders({ pool, append, clock, log }));
  work.add(new ScheduledSender({ pool, append, log }));
  const retention = work.add(new Retention({ pool, append, clock, log, audit, settings, broker }));
  onCommitted((events) => retention.committed(events));
  const statuses = work.add(new Statuses({ pool, append, clock, log }));
  onCommitted((events) => statuses.committed(events));
  return statuses;
}

function openSearch({ pool, clock, log, work, onStop, onCommitted }: Shared) {
  const indexer = work.add(new SearchIndexer({ pool, log }));
  onCommitted((events) => indexer.hint(events));
  const search = new MessageSearch({ pool, clock });
  onStop(() => search.stop());
  return { search, directory: new Directory(pool) };
}

/** Builds the decisions about whom a message notifies, and what is sent to their devices and addresses. */
async function openNotifications(shared: Shared) {
  const { pool, clock, log, work, onCommitted } = shared;
  const decider = work.add(new NotificationDecider({ pool, clock, log }));
  const digests = work.add(new Digests(shared));
  onCommitted((events) => decider.hint(events));
  const push = await openPush(shared);
  work.add(push.sender);
  return { decider, digests, push };
}

function openLinkPreviewDomain(shared: Shared, files: Files): void {
  const linkPreviews = shared.work.add(openLinkPreviews({ ...shared, files }));
  shared.onCommitted((events) => linkPreviews.committed(events));
}
