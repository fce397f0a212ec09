import type { Pool } from 'pg';
import { type Accounts, openAccounts } from '../accounts/accounts.ts';
import { ApiKeys } from '../accounts/api-keys/api-keys.ts';
import { BulkDeletions } from '../admin/bulk-deletions.ts';
import { GuestExpiry } from '../admin/guest-expiry.ts';
import { AuditLog } from '../audit/audit-log.ts';
import { bootstrapEveryone } from '../conversations/everyone.ts';
import { Emails } from '../email/emails.ts';
import { emailTransport } from '../email/transport.ts';
import { Erasures } from '../erasure/erasures.ts';
import { SecondFactors } from '../factors/factors.ts';
import { type Files, openFiles } from '../files/files.ts';
import { LegalHoldPurge } from '../legal-holds/purge.ts';
import { openLinkPreviews } from '../link-previews/open.ts';
import { ReadCursors } from '../messages/read-cursors.ts';
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
import { loadSecret } from '../secret.ts';
import { ServerSettings } from '../settings/server-settings.ts';
import { Identities } from '../sso/identities.ts';
import { Statuses } from '../status/statuses.ts';
import { Vault } from '../vault.ts';
import { FlaggedMessages } from '../word-filter/flagged.ts';
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

/** Builds the domains. `url` is the server’s public address. */
export async function openDomains(
  context: LayerContext,
  pool: Pool,
  { append, broker, metrics, wordFilter, onCommitted }: StreamLayer,
  url: string,
): Promise<DomainLayer> {
  const { config, log, clock, onStop } = context;
  await wordFilter.load(pool);
  onStop(() => wordFilter.stop());
  await bootstrapEveryone(append);
  const settings = new ServerSettings({ pool, config, log, broker });
  onStop(() => settings.stop());
  await settings.load();
  onCommitted((events) => settings.committed(events));
  const base = { ...openBase(context, pool), settings };
  const { audit, emails, vault } = base;
  const accounts = await openAccounts({
    ...base,
    config,
    pool,
    append,
    clock,
    log,
    issuer: () => url,
    loginSteps: (deps) => loginSteps(deps, config),
  });
  onStop(() => accounts.stop());
  const { sessions } = accounts;
  const requirement = config.secondFactor;
  const factors = new SecondFactors({ ...accounts.parts, clock, vault, requirement });
  await factors.recovery.upgrade();
  const files = await openFiles({
    pool,
    clock,
    log,
    vault,
    config,
    onStored: () => fileTexts.wake(),
  });
  const fileTexts = new FileTexts({ pool, store: files.store, clock, log });
  onStop(() => fileTexts.stop());
  onStop(() => files.collector.stop());
  onStop(() => files.sweeper.stop());
  onStop(() => files.imageCollector.stop());
  const erasures = new Erasures({
    pool,
    append,
    clock,
    log,
    sessions,
    files: files.collector,
    images: files.imageCollector,
  });
  onStop(() => erasures.stop());
  const bulkDeletions = new BulkDeletions({ pool, append, clock, log, audit });
  onStop(() => bulkDeletions.stop());
  const legalHoldPurge = new LegalHoldPurge({ pool, clock, log, audit, files: files.collector });
  onStop(() => legalHoldPurge.stop());
  const { keys } = base;
  const guestExpiry = new GuestExpiry({ pool, append, clock, log, audit, sessions, keys });
  onStop(() => guestExpiry.stop());
  const openReports = new OpenReports({ pool, log });
  const flagged = new FlaggedMessages({
    ...{ pool, clock, log },
    onReported: (conversations) => openReports.changed(conversations),
  });
  onStop(() => flagged.stop());
  const reportExpiry = new ReportExpiry({ pool, clock, log });
  onStop(() => reportExpiry.stop());
  const identities = new Identities({ pool, append, clock, settings, sessions, audit });
  const reminders = new Reminders({ pool, append, clock, log });
  onStop(() => reminders.stop());
  const scheduled = new ScheduledSender({ pool, append, log });
  onStop(() => scheduled.stop());
  const retention = new Retention({ pool, append, clock, log, audit, settings, broker });
  onStop(() => retention.stop());
  onCommitted((events) => retention.committed(events));
  const statuses = new Statuses({ pool, append, clock, log });
  onStop(() => statuses.stop());
  onCommitted((events) => statuses.committed(events));
  const readCursors = new ReadCursors(pool, log, metrics);
  const indexer = new SearchIndexer({ pool, log });
  onStop(() => indexer.stop());
  onCommitted((events) => indexer.hint(events));
  const decider = new NotificationDecider({ pool, clock, log });
  onStop(() => decider.stop());
  const digests = new Digests({ pool, clock, log, vault, emails, settings, url });
  onStop(() => digests.stop());
  onCommitted((events) => decider.hint(events));
  const push = await openPush({ pool, clock, log, vault, config, url });
  onStop(() => push.sender.stop());
  onCommitted((events) => {
    if (events.some((e) => DETACHING.has(e.type))) files.collector.wake();
  });
  const linkPreviews = openLinkPreviews({
    ...{ pool, append, clock, log, vault, settings, config, files },
    url,
  });
  onStop(() => linkPreviews.stop());
  onCommitted((events) => linkPreviews.committed(events));
  const search = new MessageSearch({ pool, clock });
  onStop(() => search.stop());
  const directory = new Directory(pool);
  const start = () => {
    const workers = [
      settings,
      emails,
      audit,
      accounts,
      erasures,
      bulkDeletions,
      legalHoldPurge,
      guestExpiry,
      flagged,
      reportExpiry,
      indexer,
      decider,
      digests,
      push.sender,
      reminders,
      scheduled,
      statuses,
      retention,
      files.collector,
      fileTexts,
      files.sweeper,
      files.imageCollector,
      linkPreviews,
    ];
    for (const worker of workers) worker.start();
    wordFilter.start(pool, log);
  };
  return {
    ...base,
    accounts,
    factors,
    identities,
    erasures,
    bulkDeletions,
    legalHoldPurge,
    readCursors,
    search,
    directory,
    statuses,
    files,
    decider,
    digests,
    openReports,
    push,
    start,
  };
}

/** Builds what other domains depend on: secrets, API keys, the email queue and the audit log. */
function openBase({ config, log, clock, onStop }: LayerContext, pool: Pool) {
  const secret = loadSecret(config);
  const vault = new Vault(secret);
  const keys = new ApiKeys(pool, clock);
  const emails = new Emails({ pool, clock, log, vault, transport: emailTransport(config, log) });
  onStop(() => emails.stop());
  if (emails.kind === 'smtp' && config.publicUrl === undefined) {
    log.warn('PUBLIC_URL is not set: links in emails work only on this machine');
  }
  const audit = new AuditLog({ pool, clock, log });
  onStop(() => audit.stop());
  return { secret, vault, keys, emails, audit };
}
