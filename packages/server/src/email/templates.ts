import type { Texts } from '../texts/texts.ts';

/** Subject and text of an email, in the language of its recipient. */
export interface EmailText {
  readonly subject: string;
  readonly text: string;
  readonly locale: string;
}

const compose = (texts: Texts, server: string, subject: string, body: string): EmailText => ({
  subject,
  text: `${body}\n\n--\n${texts.t('email.footer', { server })}\n`,
  locale: texts.locale,
});

/** Returns the email with the code that verifies an address. */
export const codeEmail = (texts: Texts, server: string, code: string): EmailText =>
  compose(texts, server, texts.t('code.subject'), texts.t('code.body', { code }));

/** Returns the email that answers a registration with an address that already has an account. */
export const alreadyRegisteredEmail = (texts: Texts, server: string): EmailText =>
  compose(
    texts,
    server,
    texts.t('alreadyRegistered.subject'),
    texts.t('alreadyRegistered.body', { server }),
  );

/** Returns the email to the owner of an address that someone wanted to change the address of another account to. */
export const addressInUseEmail = (texts: Texts, server: string): EmailText =>
  compose(texts, server, texts.t('addressInUse.subject'), texts.t('addressInUse.body'));

/** Returns the email to the previous address of an account after it was changed to `email`. */
export const addressChangedEmail = (texts: Texts, server: string, email: string): EmailText =>
  compose(
    texts,
    server,
    texts.t('addressChanged.subject'),
    texts.t('addressChanged.body', { email }),
  );

/** Returns the email that an admin sends to itself, to see that emails arrive. */
export const testEmail = (texts: Texts, server: string): EmailText =>
  compose(texts, server, texts.t('test.subject'), texts.t('test.body'));

/** Returns the email with the link that resets a password. */
export const resetEmail = (texts: Texts, server: string, link: string): EmailText =>
  compose(texts, server, texts.t('reset.subject'), texts.t('reset.body', { link }));

/** Returns the email that confirms a password change. */
export const passwordChangedEmail = (texts: Texts, server: string): EmailText =>
  compose(
    texts,
    server,
    texts.t('passwordChanged.subject'),
    texts.t('passwordChanged.body', { server }),
  );

/** Returns an invitation by a user, or by the server when `inviter` is null. */
export const invitationEmail = (
  texts: Texts,
  server: string,
  link: string,
  inviter: string | null,
): EmailText =>
  inviter === null
    ? compose(
        texts,
        server,
        texts.t('invitation.subject'),
        texts.t('invitation.body', { server, link }),
      )
    : compose(
        texts,
        server,
        texts.t('invitationFrom.subject', { inviter }),
        texts.t('invitationFrom.body', { server, link, inviter }),
      );
