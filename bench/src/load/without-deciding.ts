/**
 * The command line of this build, for a server that decides nothing: no notifications, and no activity. What follows from
 * decisions (pushes, emails) is not sent either.
 */

interface DeciderModule {
  readonly NotificationDecider: { readonly prototype: { start: () => void; hint: () => void } };
}

/** Loads a built module of the server; a switch for this in the product would be of no other use. */
const load = (path: string): Promise<unknown> =>
  import(new URL(`../../../packages/server/dist/${path}`, import.meta.url).href);

const { NotificationDecider } = (await load('notifications/decider.js')) as DeciderModule;
NotificationDecider.prototype.start = () => undefined;
NotificationDecider.prototype.hint = () => undefined;

await load('cli.js');
