import { count } from '../base/bounds.ts';
import { isStorable } from '../base/characters.ts';
import { ImageId } from '../base/ids.ts';
import { line } from '../base/text.ts';
import { z } from '../base/z.ts';
import { GroupRetention, RetentionDays } from './retention.ts';

/** The settings of the server that admins change while it runs, with their defaults. */

/**
 * Who may register: everyone, holders of an invitation, owners of an address in an allowed email
 * domain, or no one.
 */
export const RegistrationMode = z.enum(['open', 'invitation', 'domain', 'closed']);
export type RegistrationMode = z.infer<typeof RegistrationMode>;

/** The longest time limit for edits and deletions. */
const WINDOW_SECONDS_MAX = 366 * 86_400;
/** At most this many email domains may register. */
const DOMAINS_MAX = 50;

/** Who may register. `domains` lists the domains of email addresses, only in the mode `domain`. */
const Registration = z.object({ mode: RegistrationMode, domains: z.array(z.string()) });

/** Which accounts may do something on the server. */
export const Reach = z.enum(['everyone', 'admins']);
export type Reach = z.infer<typeof Reach>;

/** A time limit in seconds after a message was posted; 0: not at all, null: without a limit. */
const Window = count(0, WINDOW_SECONDS_MAX).nullable();

/** A step of the guide with which the first admin sets up a server. */
export const SetupStep = z.enum(['server', 'registration', 'invitations', 'groups']);
export type SetupStep = z.infer<typeof SetupStep>;
/** All steps, in their order. */
export const SETUP_STEPS = SetupStep.options;

/** Every setting of the server that is stored in the database. */
export const ServerSettings = z
  .object({
    /** The name of the server, as its pages show it. */
    name: z.string(),
    registration: Registration,
    /** The image that stands for the server; null: that of Parley. */
    icon: ImageId.nullable(),
    /** Who may create groups. */
    groupCreation: Reach,
    /** Who may add custom emoji. */
    emojiCreation: Reach,
    /** How long members may edit their messages. */
    messageEditWindow: Window,
    /** How long members may delete their messages. */
    messageDeleteWindow: Window,
    /** The days after which messages are deleted; null: never. */
    messageRetentionDays: RetentionDays.nullable(),
    /** What groups may choose instead. */
    groupRetention: GroupRetention,
    /** Whether the server fetches the pages that messages link to, for previews. */
    linkPreviews: z.boolean(),
    /** Whether emails about missed messages contain them. */
    emailContent: z.boolean(),
    /** The remaining steps of the setup guide; all of them when the first account registers. */
    setupSteps: z.array(SetupStep).max(SETUP_STEPS.length),
  })
  .meta({ id: 'ServerSettings' });
export type ServerSettings = z.infer<typeof ServerSettings>;
/** The name of a server setting. */
export type ServerSettingName = keyof ServerSettings;
/** The names of all server settings. */
export const SERVER_SETTING_NAMES = Object.keys(ServerSettings.shape) as ServerSettingName[];

/** The values of settings that were never changed. */
export const SERVER_SETTINGS_DEFAULTS: ServerSettings = {
  name: 'Parley',
  icon: null,
  registration: { mode: 'open', domains: [] },
  groupCreation: 'everyone',
  emojiCreation: 'everyone',
  messageEditWindow: null,
  messageDeleteWindow: null,
  messageRetentionDays: null,
  groupRetention: 'shorter',
  linkPreviews: true,
  emailContent: true,
  setupSteps: [],
};

/** Settings of the server that were changed, to these values. */
export const ChangedServerSettings = ServerSettings.partial();
export type ChangedServerSettings = z.infer<typeof ChangedServerSettings>;

const Domain = z
  .string()
  .max(253)
  .regex(/^[^\s,:@]+$/, 'Enter a domain such as example.org')
  .refine(isStorable, { message: 'The domain contains characters that can’t be stored' })
  .transform((text) => text.toLowerCase());

/** Settings to change; missing ones are unchanged. The icon is changed separately, with a file. */
export const ServerSettingsChange = ServerSettings.omit({ icon: true })
  .extend({
    name: line(60, 'Server name'),
    registration: z
      .object({ mode: RegistrationMode, domains: z.array(Domain).max(DOMAINS_MAX) })
      .refine(({ mode, domains }) => mode !== 'domain' || domains.length > 0, {
        message: 'Enter at least one email domain',
        path: ['domains'],
      })
      .refine(({ mode, domains }) => mode === 'domain' || domains.length === 0, {
        message: 'Only the mode “domain” has domains',
        path: ['domains'],
      })
      .meta({ examples: [{ mode: 'domain', domains: ['example.org'] }] }),
  })
  .partial()
  // Unknown fields are ignored: a name with a mistake would change nothing, and succeed.
  .refine((change) => Object.values(change).some((value) => value !== undefined), {
    message: 'Specify at least one setting to change',
  })
  .meta({ id: 'ServerSettingsChange' });
export type ServerSettingsChange = z.infer<typeof ServerSettingsChange>;

/** The settings in effect, and which of them environment variables fix. */
export const ServerSettingsAnswer = z
  .object({
    settings: ServerSettings,
    /** Settings that are set by environment variables, so stored values have no effect. */
    overridden: z.array(
      z.object({
        setting: z.enum(SERVER_SETTING_NAMES as [ServerSettingName]),
        variable: z.string(),
      }),
    ),
  })
  .meta({ id: 'ServerSettingsAnswer' });
export type ServerSettingsAnswer = z.infer<typeof ServerSettingsAnswer>;
