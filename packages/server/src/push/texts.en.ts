/** The texts of pushed notifications in English. */
export const en = {
  title: 'Parley',
  newMessage: 'You have a new message',
  inGroup: '{{author}} in {{group}}',
  file: 'A file',
  test: 'Notifications reach this device.',
};
