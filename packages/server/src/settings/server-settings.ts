import {
  ServerSettings as Schema,
  SERVER_SETTING_NAMES,
  SERVER_SETTINGS_DEFAULTS,
  type ServerSettingName,
  type ServerSettings as Values,
} from '@parley/protocol';
import type pg from 'pg';
import type { Config } from '../config/config.ts';
import { BackgroundWorker } from '../runtime/background-worker.ts';
import type { Logger } from '../runtime/log.ts';
import type { Broker } from '../stream/broker.ts';
import type { StoredEvent } from '../stream/record.ts';
import { type RuleReader, ruleReader } from '../stream/rule-reader.ts';
import type { RuleContext } from '../stream/stream-transaction.ts';

/** Interval at which a node reads the settings, in case it missed the message of another node. */
const POLL_MS = 1_500;
const RETRY_MS = 1_000;
/** The message that tells other nodes of a change. */
const CHANGED = 'settings-changed';

interface SettingRow {
  name: string;
  value: unknown;
}

interface ServerSettingsDeps {
  readonly pool: pg.Pool;
  readonly config: Pick<Config, 'registration' | 'linkPreviews'>;
  readonly log: Logger;
  /** Without it, other nodes notice a change by reading the settings. */
  readonly broker?: Pick<Broker, 'sendNodeMessage' | 'onNodeMessage' | 'status'>;
}

/**
 * The server settings that admins change at runtime: the values in the database, or else the
 * defaults; environment variables override both.
 *
 * 1. {@link current} is what this node read last. After a change on another node it is stale for
 *    some milliseconds, or without a broker for up to {@link POLL_MS}.
 * 2. A rule that must not use a stale setting reads it in its transaction: {@link readIn}.
 */
export class ServerSettings {
  readonly #deps: ServerSettingsDeps;
  readonly #worker: BackgroundWorker;
  #current: Values;
  readonly #listeners: (() => void)[] = [];

  constructor(deps: ServerSettingsDeps) {
    this.#deps = deps;
    this.#current = this.#effective(SERVER_SETTINGS_DEFAULTS);
    this.#worker = new BackgroundWorker({
      work: async () => void (await this.load()),
      pollMs: POLL_MS,
      retryMs: RETRY_MS,
      onError: (error) =>
        deps.log.warn({ err: error }, 'server settings not read, will be retried'),
    });
    deps.broker?.onNodeMessage(CHANGED, () => this.#worker.wake());
  }

  /** The settings as this node has read them last. */
  get current(): Values {
    return this.#current;
  }

  /** The settings that environment variables fix. */
  get overridden(): { setting: ServerSettingName; variable: string }[] {
    const { registration, linkPreviews } = this.#deps.config;
    return [
      ...(registration === undefined
        ? []
        : [{ setting: 'registration' as const, variable: 'REGISTRATION' }]),
      ...(linkPreviews === undefined
        ? []
        : [{ setting: 'linkPreviews' as const, variable: 'LINK_PREVIEWS' }]),
    ];
  }

  /** Reads the settings from the database. */
  async load(): Promise<Values> {
    const { pool } = this.#deps;
    const stored = await storedSettingsIn(ruleReader(pool));
    const before = JSON.stringify(this.#current);
    this.#current = this.#effective(stored);
    if (JSON.stringify(this.#current) !== before)
      for (const listener of this.#listeners) listener();
    return this.#current;
  }

  /** Calls `listener` whenever this node has read changed settings. */
  onChange(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /** Returns the settings as a transaction sees them. */
  async readIn(tx: RuleContext): Promise<Values> {
    return this.#effective(await storedSettingsIn(tx));
  }

  /** Starts to follow changes on other nodes, until {@link stop}. */
  start(): void {
    this.#worker.start();
  }

  stop(): Promise<void> {
    return this.#worker.stop();
  }

  /** Watches the commits of this node, and tells the other nodes about changed settings. */
  committed(events: readonly StoredEvent[]): void {
    if (!events.some(({ type }) => type === 'server.updated')) return;
    this.#worker.wake();
    const { broker } = this.#deps;
    if (broker && broker.status !== 'standalone') broker.sendNodeMessage(null, CHANGED, '');
  }

  #effective(stored: Values): Values {
    const { registration, linkPreviews } = this.#deps.config;
    return {
      ...stored,
      ...(linkPreviews !== undefined && { linkPreviews }),
      ...(registration && {
        registration: { mode: registration.mode, domains: [...registration.domains] },
      }),
    };
  }
}

/**
 * Returns the settings in the database as a transaction sees them, without overrides from
 * environment variables.
 */
export async function storedSettingsIn(tx: RuleReader): Promise<Values> {
  const rows = await tx.query<SettingRow>(
    'settings-read',
    'select name, value from server_settings',
    [],
  );
  return storedSettings(rows);
}

/**
 * Returns the settings in rows of the table; values that this version does not understand get the
 * default.
 */
export function storedSettings(rows: readonly SettingRow[]): Values {
  const names = new Set<string>(SERVER_SETTING_NAMES);
  const changed = rows.flatMap(({ name, value }) => {
    if (!names.has(name)) return [];
    const parsed = Schema.shape[name as ServerSettingName].safeParse(value);
    return parsed.success ? [[name, parsed.data]] : [];
  });
  return { ...SERVER_SETTINGS_DEFAULTS, ...Object.fromEntries(changed) };
}
