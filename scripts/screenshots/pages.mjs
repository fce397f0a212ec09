// The pages and states that are shown in the screenshots, by the name of their files.

/** Opens a conversation by its name in the sidebar. */
const conversation =
  (name) =>
  async (page, { idOf }) => {
    await page.goto(`/c/${await idOf(name)}`);
    await page.getByRole('article').last().waitFor();
  };
/** Opens a path, and waits for its heading. */
const path = (to, heading) => async (page) => {
  await page.goto(to);
  if (heading !== undefined) await page.getByRole('heading', { name: heading }).first().waitFor();
};
/** Does something after something else. */
const then =
  (first, second) =>
  async (...args) => {
    await first(...args);
    await second(...args);
  };

/** What visitors see who are not logged in. */
const OUTSIDE = [
  { name: 'welcome', title: 'Welcome', open: path('/welcome') },
  { name: 'login', title: 'Log in', open: path('/login', 'Log in') },
  {
    name: 'login-error',
    title: 'Log in: wrong password',
    open: then(path('/login', 'Log in'), async (page) => {
      await page.getByLabel('Username or email').fill('nadia');
      await page.getByLabel('Password', { exact: true }).fill('not this one');
      await page.getByRole('button', { name: 'Log in', exact: true }).click();
      await page.getByRole('alert').first().waitFor();
    }),
  },
  { name: 'register', title: 'Create an account', open: path('/register') },
  {
    name: 'register-errors',
    title: 'Create an account: errors',
    open: then(path('/register'), async (page) => {
      await page.getByLabel('Username').fill('n');
      await page.getByRole('button', { name: 'Create account' }).click();
    }),
  },
  { name: 'forgot', title: 'Forgot password', open: path('/forgot') },
  { name: 'reset', title: 'Reset password: expired link', open: path('/reset#expired') },
];

const INSIDE = [
  { name: 'home', title: 'Home', open: path('/') },
  { name: 'group', title: 'Group', open: conversation('release-2-4') },
  {
    name: 'group-top',
    title: 'Group: formatted text, pinned message',
    open: async (page, { idOf, seqOf }) => {
      const seq = await seqOf('release-2-4', '**Release 2.4**');
      await page.goto(`/c/${await idOf('release-2-4')}#message-${seq}`);
      await page.getByRole('table').waitFor();
    },
  },
  {
    name: 'group-details',
    title: 'Group: details',
    open: then(conversation('release-2-4'), async (page) => {
      await page.getByRole('button', { name: 'Details and members' }).click();
      await page.getByRole('dialog').or(page.getByRole('complementary')).first().waitFor();
    }),
  },
  {
    name: 'thread',
    title: 'Thread',
    open: async (page, { idOf, seqOf }) => {
      const seq = await seqOf('release-2-4', 'Porto reports');
      await page.goto(`/c/${await idOf('release-2-4')}?thread=${seq}`);
      await page.getByText('median of five').waitFor();
    },
  },
  { name: 'images', title: 'Group: images', open: conversation('field-notes') },
  {
    name: 'right-to-left-text',
    title: 'Group: text from right to left',
    open: conversation('support'),
  },
  { name: 'long-names', title: 'Group: long names', open: conversation('Quarterly planning') },
  { name: 'direct', title: 'Direct messages', open: conversation('Ingrid Solberg') },
  {
    name: 'direct-long-name',
    title: 'Direct messages: long name',
    open: conversation('Bartholomew'),
  },
  { name: 'empty-group', title: 'Group without messages', open: path('/'), group: 'empty' },
  {
    name: 'emoji-picker',
    title: 'Emoji picker',
    open: then(conversation('lunch'), async (page) => {
      await page.getByRole('button', { name: 'Insert emoji' }).last().click();
      await page.getByRole('dialog').or(page.getByRole('listbox')).first().waitFor();
    }),
  },
  {
    name: 'poll-dialog',
    title: 'Create a poll',
    open: then(conversation('lunch'), async (page) => {
      await page.getByRole('button', { name: 'Create a poll' }).first().click();
      await page.getByRole('dialog').waitFor();
    }),
  },
  {
    name: 'switcher',
    title: 'Quick switcher',
    open: then(path('/'), async (page) => {
      await page.getByRole('navigation', { name: 'Conversations and people' }).waitFor();
      await page.keyboard.press('Control+k');
      await page.getByRole('combobox').fill('re');
      await page.getByRole('option').first().waitFor();
    }),
  },
  {
    name: 'create-group',
    title: 'Create a group',
    open: then(path('/'), async (page) => {
      await page.getByRole('button', { name: 'Create a group' }).click();
      await page.getByRole('dialog').waitFor();
    }),
  },
  {
    name: 'account-menu',
    title: 'Account menu',
    open: then(path('/'), async (page) => {
      await page.getByRole('button', { name: 'Account menu' }).click();
      await page.getByRole('menu').waitFor();
    }),
  },
  {
    name: 'search',
    title: 'Search',
    open: then(path('/search?q=report'), async (page) => {
      await page.getByText('The raw data and').first().waitFor();
    }),
  },
  { name: 'search-empty', title: 'Search: nothing found', open: path('/search?q=xylophone') },
  { name: 'activity', title: 'Activity', open: path('/activity') },
  { name: 'threads', title: 'Threads', open: path('/threads') },
  { name: 'saved', title: 'Saved messages', open: path('/saved') },
  { name: 'drafts', title: 'Drafts', open: path('/drafts') },
  { name: 'scheduled', title: 'Scheduled messages', open: path('/scheduled') },
  { name: 'user-groups', title: 'User groups', open: path('/user-groups') },
  { name: 'emoji', title: 'Custom emoji', open: path('/emoji') },
  { name: 'settings-profile', title: 'Settings: profile', open: path('/settings/profile') },
  { name: 'settings-security', title: 'Settings: security', open: path('/settings/security') },
  { name: 'settings-sessions', title: 'Settings: sessions', open: path('/settings/sessions') },
  {
    name: 'settings-notifications',
    title: 'Settings: notifications',
    open: path('/settings/notifications'),
  },
  { name: 'settings-blocked', title: 'Settings: blocked people', open: path('/settings/blocked') },
  { name: 'settings-data', title: 'Settings: data', open: path('/settings/data') },
  ...[
    'users',
    'invitations',
    'user-groups',
    'emoji',
    'service-accounts',
    'emails',
    'notifications',
    'server',
    'reports',
    'audit-log',
    'legal-holds',
    'settings',
  ].map((name) => ({
    name: `admin-${name}`,
    title: `Administration: ${name.replace('-', ' ')}`,
    open: path(`/admin/${name}`),
  })),
  { name: 'not-found', title: 'Page not found', open: path('/nothing-here') },
  {
    name: 'missing-conversation',
    title: 'Conversation not found',
    open: path('/c/01890a5d-ac96-774b-bcce-b302099a8057'),
  },
  {
    name: 'load-error',
    title: 'A list that could not be loaded',
    open: async (page) => {
      await page.route('**/api/v1/me/sessions*', (route) =>
        route.fulfill({ status: 500, body: '' }),
      );
      await page.goto('/settings/sessions');
      await page.getByRole('alert').waitFor();
    },
    close: (page) => page.unrouteAll(),
  },
  {
    name: 'offline',
    title: 'Offline',
    open: then(conversation('release-2-4'), async (page) => {
      await page.context().setOffline(true);
      await page.getByRole('button', { name: 'Retry' }).first().waitFor({ timeout: 60_000 });
    }),
    close: (page) => page.context().setOffline(false),
  },
  { name: 'ui', title: 'Design tokens and components', open: path('/dev/ui') },
].filter(({ group }) => group === undefined);

/** All of them; `inside`: as Nadia, who is logged in. */
export const PAGES = [
  ...OUTSIDE.map((page) => ({ ...page, inside: false })),
  ...INSIDE.map((page) => ({ ...page, inside: true })),
];
