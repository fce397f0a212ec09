/** The password of every user in these tests. */
export const PASSWORD = 'correct horse battery staple';
