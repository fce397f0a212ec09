/** The texts of the emails that Parley sends: plain text with short lines. */

/** Subject and text of an email. */
export interface EmailText {
  readonly subject: string;
  readonly text: string;
}

const compose = (server: string, subject: string, ...lines: string[]): EmailText => ({
  subject,
  text: `${lines.join('\n')}\n\n--\nSent by Parley at ${server}\n`,
});

/** Returns the email with the code that verifies an address. */
export const codeEmail = (server: string, code: string): EmailText =>
  compose(
    server,
    'Your Parley verification code',
    'Enter this code to verify your email address:',
    '',
    `    ${code}`,
    '',
    'The code expires in 10 minutes and can be used once. Do not share it with anyone.',
    'If you did not request this code, you can safely ignore this email.',
  );

/** Returns the email that answers a registration with an address that already has an account. */
export const alreadyRegisteredEmail = (server: string): EmailText =>
  compose(
    server,
    'You already have a Parley account',
    'Someone tried to create a Parley account with this email address, but it already has one.',
    '',
    `If this was you, log in at ${server}/login`,
    `or reset your password at ${server}/forgot`,
    '',
    'If this was not you, you can safely ignore this email.',
  );

/** Returns the email with the link that resets a password. */
export const resetEmail = (server: string, link: string): EmailText =>
  compose(
    server,
    'Reset your Parley password',
    'We received a request to reset the password of your account.',
    'To choose a new password, open this link:',
    '',
    link,
    '',
    'The link expires in 30 minutes and can be used once.',
    'If you did not request a password reset, you can safely ignore this email.',
    'Your password will not change.',
  );

/** Returns the email that confirms a password change. */
export const passwordChangedEmail = (server: string): EmailText =>
  compose(
    server,
    'Your Parley password was changed',
    'The password of your account was changed, and your other devices were logged out.',
    '',
    'If you did not make this change, reset your password immediately:',
    '',
    `${server}/forgot`,
  );

/** Returns an invitation by a user, or by the server when `inviter` is null. */
export const invitationEmail = (server: string, link: string, inviter: string | null): EmailText =>
  compose(
    server,
    inviter === null ? 'You have been invited to Parley' : `${inviter} invited you to Parley`,
    inviter === null
      ? `You have been invited to join Parley at ${server}`
      : `${inviter} has invited you to join Parley at ${server}`,
    '',
    'To accept the invitation and create your account, open this link:',
    '',
    link,
    '',
    'If you were not expecting this invitation, you can safely ignore this email.',
  );
