import { en } from './texts.en.ts';

/** Subject and text of an email. */
export interface EmailText {
  readonly subject: string;
  readonly text: string;
}

/** The names of the values that a text contains: `code` in “Enter {{code}}”. */
type ValuesOf<Text> = Text extends `${string}{{${infer Name}}}${infer Rest}`
  ? Name | ValuesOf<Rest>
  : never;

/** Inserts values into a text. They are not searched for placeholders, so that a name can contain one. */
export function fillText<Text extends string>(
  text: Text,
  values: { readonly [Name in ValuesOf<Text>]: string },
): string {
  return text.replace(/\{\{(\w+)\}\}/g, (_, name: ValuesOf<Text>) => values[name]);
}

function compose<Subject extends string, Body extends string>(
  texts: { readonly subject: Subject; readonly body: Body },
  values: { readonly [Name in ValuesOf<Subject> | ValuesOf<Body> | 'server']: string },
): EmailText {
  return {
    subject: fillText(texts.subject, values),
    text: `${fillText(texts.body, values)}\n\n--\n${fillText(en.footer, values)}\n`,
  };
}

/** Returns the email with the code that verifies an address. */
export const codeEmail = (server: string, code: string): EmailText =>
  compose(en.code, { server, code });

/** Returns the email that answers a registration with an address that already has an account. */
export const alreadyRegisteredEmail = (server: string): EmailText =>
  compose(en.alreadyRegistered, { server });

/** Returns the email that an admin sends to itself, to see that emails arrive. */
export const testEmail = (server: string): EmailText => compose(en.test, { server });

/** Returns the email with the link that resets a password. */
export const resetEmail = (server: string, link: string): EmailText =>
  compose(en.reset, { server, link });

/** Returns the email that confirms a password change. */
export const passwordChangedEmail = (server: string): EmailText =>
  compose(en.passwordChanged, { server });

/** Returns an invitation by a user, or by the server when `inviter` is null. */
export const invitationEmail = (server: string, link: string, inviter: string | null): EmailText =>
  inviter === null
    ? compose(en.invitation, { server, link })
    : compose(en.invitationFrom, { server, link, inviter });
