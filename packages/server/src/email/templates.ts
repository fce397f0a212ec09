/** The words of the mails: plain text, short lines, nothing that a mail program could run. */

/** Subject and text of a mail. */
export interface EmailText {
  readonly subject: string;
  readonly text: string;
}

const END = '\n\nThis mail was sent by the Parley server at ';

const description = (server: string, subject: string, ...lines: string[]): EmailText => ({
  subject,
  text: `${lines.join('\n')}${END}${server}\n`,
});

/** The code that verifies an address. */
export const codeEmail = (server: string, code: string): EmailText =>
  description(
    server,
    'Your code for Parley',
    'Your code is',
    '',
    `    ${code}`,
    '',
    'It is good for 10 minutes, and once. Nobody from Parley will ask you for it.',
    'If you did not ask for a code, you can leave this mail alone.',
  );

/** Somebody wanted to register with an address that has an account. */
export const alreadyRegisteredEmail = (server: string): EmailText =>
  description(
    server,
    'You have an account at Parley already',
    'Somebody has tried to register with this address, which has an account already.',
    '',
    `If it was you: log in at ${server}/login, or choose a new password`,
    `at ${server}/forgot.`,
    'If it was not you, you need not do anything.',
  );

/** The link to a new password. */
export const resetEmail = (server: string, link: string): EmailText =>
  description(
    server,
    'A new password for Parley',
    'Choose a new password here:',
    '',
    link,
    '',
    'The link is good for 30 minutes, and once. Your old password works until then.',
    'If you did not ask for it, you can leave this mail alone.',
  );

/** Told after a password was changed. */
export const passwordChangedEmail = (server: string): EmailText =>
  description(
    server,
    'Your password for Parley was changed',
    'The password of your account was changed, and all other devices were logged out.',
    '',
    'If it was not you, choose a new one at once:',
    '',
    `${server}/forgot`,
  );

/** An invitation by somebody, or by the server when `inviter` is null. */
export const invitationEmail = (server: string, link: string, inviter: string | null): EmailText =>
  description(
    server,
    `${inviter ?? 'Somebody'} invites you to Parley`,
    `${inviter ?? 'Somebody'} invites you to talk at ${server}`,
    '',
    'Register here:',
    '',
    link,
  );
