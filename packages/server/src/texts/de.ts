import type { Catalog } from './keys.ts';

/** The texts of the server in German, with the terms of the web client’s catalog. */
export const de: Catalog = {
  email: {
    footer: 'Gesendet von Parley auf {{server}}',
  },
  code: {
    subject: 'Dein Bestätigungscode für Parley',
    body: `Gib diesen Code ein, um deine E-Mail-Adresse zu bestätigen:

    {{code}}

Er läuft in 10 Minuten ab und gilt einmal. Gib ihn an niemanden weiter.
Wenn du keinen Code angefordert hast, kannst du diese E-Mail ignorieren.`,
  },
  alreadyRegistered: {
    subject: 'Du hast bereits ein Parley-Konto',
    body: `Jemand wollte mit dieser E-Mail-Adresse ein Parley-Konto erstellen, aber es gibt schon eines.

Wenn du das warst, melde dich an:

{{server}}/login

Wenn du dein Passwort nicht mehr weißt, setze es zurück:

{{server}}/forgot

Wenn du das nicht warst, kannst du diese E-Mail ignorieren.`,
  },
  reset: {
    subject: 'Setze dein Parley-Passwort zurück',
    body: `Wir wurden gebeten, das Passwort deines Kontos zurückzusetzen.
Öffne diesen Link, um ein neues Passwort zu wählen:

{{link}}

Der Link läuft in 30 Minuten ab und gilt einmal.
Wenn du das nicht angefordert hast, kannst du diese E-Mail ignorieren.
Dein Passwort bleibt dann unverändert.`,
  },
  addressInUse: {
    subject: 'Jemand wollte deine E-Mail-Adresse verwenden',
    body: `Jemand wollte die E-Mail-Adresse seines Parley-Kontos in deine ändern. Es hat sich
nichts geändert: Sie gehört weiterhin zu deinem Konto, und du kannst diese E-Mail
ignorieren.`,
  },
  addressChanged: {
    subject: 'Die E-Mail-Adresse deines Parley-Kontos wurde geändert',
    body: `Die E-Mail-Adresse deines Kontos wurde in {{email}} geändert. An diese Adresse hier
werden keine E-Mails mehr geschickt, und mit ihr kann man sich weder anmelden noch das
Passwort zurücksetzen.

Wenn du das nicht warst, wende dich sofort an einen Admin des Servers.`,
  },
  passwordChanged: {
    subject: 'Dein Parley-Passwort wurde geändert',
    body: `Das Passwort deines Kontos wurde geändert, und deine anderen Geräte wurden abgemeldet.

Wenn du das nicht warst, setze dein Passwort sofort zurück:

{{server}}/forgot`,
  },
  invitation: {
    subject: 'Du wurdest zu Parley eingeladen',
    body: `Du wurdest zu Parley auf {{server}} eingeladen.

Öffne diesen Link, um die Einladung anzunehmen und dein Konto zu erstellen:

{{link}}

Wenn du diese Einladung nicht erwartet hast, kannst du diese E-Mail ignorieren.`,
  },
  invitationFrom: {
    subject: '{{inviter}} hat dich zu Parley eingeladen',
    body: `{{inviter}} hat dich zu Parley auf {{server}} eingeladen.

Öffne diesen Link, um die Einladung anzunehmen und dein Konto zu erstellen:

{{link}}

Wenn du diese Einladung nicht erwartet hast, kannst du diese E-Mail ignorieren.`,
  },
  test: {
    subject: 'Test-E-Mail von Parley',
    body: `Dies ist eine Test-E-Mail von der Administrationsseite deines Servers.
Wenn du sie lesen kannst, funktioniert der E-Mail-Versand.`,
  },
  digest: {
    subject: 'Du hast ungelesene Nachrichten',
    subjectDirect: 'Nachrichten von {{name}}',
    subjectGroup: 'Nachrichten in {{name}}',
    intro_one: 'Du hast {{count, number}} ungelesene Nachricht.',
    intro_other: 'Du hast {{count, number}} ungelesene Nachrichten.',
    more_one: 'Und {{count, number}} weitere.',
    more_other: 'Und {{count, number}} weitere.',
    open: 'In Parley öffnen',
    settings: 'E-Mail-Einstellungen ändern',
    unsubscribe: 'Abbestellen',
  },
  unsubscribe: {
    title: 'E-Mails abbestellen',
    intro: 'Du bekommst dann keine E-Mails mehr über verpasste Nachrichten.',
    submit: 'Abbestellen',
    doneTitle: 'Du hast die E-Mails abbestellt',
    done: 'Du bekommst keine E-Mails mehr über verpasste Nachrichten. In deinen Einstellungen kannst du sie wieder einschalten.',
    invalidTitle: 'Dieser Link ist ungültig',
    invalid:
      'Kopiere den ganzen Link aus der E-Mail oder ändere deine E-Mail-Einstellungen in Parley.',
    settings: 'Benachrichtigungseinstellungen',
  },
  push: {
    title: 'Parley',
    newMessage: 'Du hast eine neue Nachricht',
    inGroup: '{{author}} in {{group}}',
    file: 'Eine Datei',
    test: 'Benachrichtigungen funktionieren auf diesem Gerät.',
  },
};
