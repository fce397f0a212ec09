import { describe, expect, test } from 'vitest';
import { textsFor } from '../texts/texts.ts';
import { htmlOfText } from './html.ts';
import { codeEmail, invitationEmail, resetEmail } from './templates.ts';

const SERVER = 'https://chat.example.org';
const EN = textsFor('en');
const AR = textsFor('ar');

describe('emails', () => {
  test('contain the values and name the server at the end', () => {
    expect(codeEmail(EN, SERVER, '123456')).toEqual({
      locale: 'en-GB',
      subject: 'Your Parley verification code',
      text: [
        'Enter this code to verify your email address:',
        '',
        '    123456',
        '',
        "It expires in 10 minutes and works once. Don't share it with anyone.",
        "If you didn't request this code, you can ignore this email.",
        '',
        '--',
        'Sent by Parley at https://chat.example.org',
        '',
      ].join('\n'),
    });
  });

  test('insert a name that looks like a placeholder as it is', () => {
    const inviter = '{{link}} $& {{server}}';
    const { subject, text } = invitationEmail(EN, SERVER, `${SERVER}/register#x`, inviter);
    expect(subject).toBe('{{link}} $& {{server}} invited you to Parley');
    expect(text).toContain(
      '{{link}} $& {{server}} invited you to join Parley at https://chat.example.org\n',
    );
  });
});

describe('the HTML of an email', () => {
  const htmlIn = ({ subject, text, locale }: ReturnType<typeof codeEmail>) =>
    htmlOfText(locale, subject, text);

  test('writes links and codes from left to right in an Arabic email', () => {
    const code = htmlIn(codeEmail(AR, SERVER, '123456'));
    expect(code).toContain('<html lang="ar" dir="rtl">');
    expect(code).toMatch(/<p dir="ltr" [^>]*>123456<\/p>/);
    const link = `${SERVER}/reset#x`;
    const reset = htmlIn(resetEmail(AR, SERVER, link));
    expect(reset).toContain(`<p><a href="${link}" dir="ltr">${link}</a></p>`);
    expect(reset).toContain('<br>إذا لم تطلب ذلك');
  });

  test('cannot be given markup or links by the name of a user', () => {
    const inviter = '<img src=x onerror=hit()> https://elsewhere.example';
    const html = htmlIn(invitationEmail(EN, SERVER, `${SERVER}/register#x`, inviter));
    expect(html).not.toContain('<img');
    expect(html).toContain(
      '&#60;img src=x onerror=hit()&#62; https://elsewhere.example invited you',
    );
    expect(html.match(/href="[^"]*"/g)).toEqual([`href="${SERVER}/register#x"`]);
  });
});
