import { describe, expect, test } from 'vitest';
import {
  alreadyRegisteredEmail,
  codeEmail,
  invitationEmail,
  passwordChangedEmail,
  resetEmail,
} from './templates.ts';

const SERVER = 'https://chat.example.org';

describe('emails', () => {
  test('contain the values and name the server at the end', () => {
    expect(codeEmail(SERVER, '123456')).toEqual({
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
    const { subject, text } = invitationEmail(
      SERVER,
      `${SERVER}/register#x`,
      '{{link}} $& {{server}}',
    );
    expect(subject).toBe('{{link}} $& {{server}} invited you to Parley');
    expect(text).toContain(
      '{{link}} $& {{server}} invited you to join Parley at https://chat.example.org\n',
    );
  });

  test('have no placeholder left, short lines, and only ASCII', () => {
    const emails = [
      codeEmail(SERVER, '123456'),
      alreadyRegisteredEmail(SERVER),
      resetEmail(SERVER, `${SERVER}/reset#x`),
      passwordChangedEmail(SERVER),
      invitationEmail(SERVER, `${SERVER}/register#x`, null),
      invitationEmail(SERVER, `${SERVER}/register#x`, 'Ann Example'),
    ];
    for (const { subject, text } of emails) {
      expect(`${subject}\n${text}`).not.toMatch(/\{\{|undefined|[^\n -~]/);
      expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThan(100);
    }
  });
});
