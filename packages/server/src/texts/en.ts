/**
 * The English versions of all texts that the server sends in the language of an account: emails,
 * push notifications and the page to unsubscribe from emails. Emails are plain text with short
 * lines, from which the HTML is made; a link, or a code indented by four spaces, is a paragraph of
 * its own. They are in ASCII, so that files of the outbox are readable. docs/translation.md says
 * how to add a text or a language.
 */
export const en = {
  email: {
    footer: 'Sent by Parley at {{server}}',
  },
  code: {
    subject: 'Your Parley verification code',
    body: `Enter this code to verify your email address:

    {{code}}

It expires in 10 minutes and works once. Don't share it with anyone.
If you didn't request this code, you can ignore this email.`,
  },
  alreadyRegistered: {
    subject: 'You already have a Parley account',
    body: `Someone tried to create a Parley account with this email address, but it already has one.

If this was you, log in:

{{server}}/login

If you don't remember your password, reset it:

{{server}}/forgot

If it wasn't you, you can ignore this email.`,
  },
  reset: {
    subject: 'Reset your Parley password',
    body: `We received a request to reset the password of your account.
To choose a new password, open this link:

{{link}}

The link expires in 30 minutes and works once.
If you didn't request a password reset, you can ignore this email.
Your password won't change.`,
  },
  addressInUse: {
    subject: 'Someone tried to use your email address',
    body: `Someone tried to change the email address of their Parley account to yours. Nothing has
changed: it still belongs to your account, and you can ignore this email.`,
  },
  addressChanged: {
    subject: 'The email address of your Parley account was changed',
    body: `The email address of your account was changed to {{email}}. Emails are no longer sent to
this address, and it can't be used to log in or to reset the password.

If you didn't make this change, contact an admin of the server right away.`,
  },
  passwordChanged: {
    subject: 'Your Parley password was changed',
    body: `The password of your account was changed, and your other devices were logged out.

If you didn't make this change, reset your password right away:

{{server}}/forgot`,
  },
  invitation: {
    subject: "You've been invited to Parley",
    body: `You've been invited to join Parley at {{server}}

To accept the invitation and create your account, open this link:

{{link}}

If you weren't expecting this invitation, you can ignore this email.`,
  },
  invitationFrom: {
    subject: '{{inviter}} invited you to Parley',
    body: `{{inviter}} invited you to join Parley at {{server}}

To accept the invitation and create your account, open this link:

{{link}}

If you weren't expecting this invitation, you can ignore this email.`,
  },
  test: {
    subject: 'Test email from Parley',
    body: `This is a test email from your server's administration page.
If you can read this, email delivery works.`,
  },
  digest: {
    subject: 'You have unread messages',
    subjectDirect: 'Messages from {{name}}',
    subjectGroup: 'Messages in {{name}}',
    intro_one: 'You have {{count, number}} unread message.',
    intro_other: 'You have {{count, number}} unread messages.',
    more_one: 'And {{count, number}} more.',
    more_other: 'And {{count, number}} more.',
    open: 'Open in Parley',
    settings: 'Change email settings',
    unsubscribe: 'Unsubscribe',
  },
  /** The page that the link “Unsubscribe” opens. */
  unsubscribe: {
    title: 'Unsubscribe from emails',
    intro: "You'll no longer get emails about missed messages.",
    submit: 'Unsubscribe',
    doneTitle: "You've unsubscribed",
    done: "You'll no longer get emails about missed messages. You can turn them on again in your settings.",
    invalidTitle: "This link isn't valid",
    invalid: 'Copy the whole link from the email, or change your email settings in Parley.',
    settings: 'Notification settings',
  },
  push: {
    title: 'Parley',
    newMessage: 'You have a new message',
    inGroup: '{{author}} in {{group}}',
    file: 'A file',
    test: 'Notifications work on this device.',
  },
} as const;
