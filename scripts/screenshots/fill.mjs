// Fills a fresh server with what its people have written in three days, each at its time.
import { Api } from './api.mjs';
import { PEOPLE } from './people.mjs';
import { avatar, chart, sea, wave } from './pictures.mjs';

const HOUR_MS = 3_600_000;
const DAWN = { sky: '#ffd9b8', sun: '#ff8a5c', water: '#3a6ea5' };
const NOON = { sky: '#cdeaff', sun: '#fff2b0', water: '#1f8a9e' };

const CODE = `The fix is to take the median of five readings, not the last one:

\`\`\`ts
/** Returns the level in mm; a single wave must not move it. */
export function levelOf(readings: readonly number[]): number {
  const sorted = [...readings].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
\`\`\`

Merged as \`4f2c91e\`, so it will be in **2.4**.`;

const PLAN = `**Release 2.4**

1. Freeze on *Thursday* at noon
2. Field test in Bergen:
   - two buoys, one week
   - compare with the gauge of the harbour
3. Roll out to ~~all~~ the first ten harbours

| Harbour | Sensors | Firmware |
| --- | ---: | --- |
| Bergen | 12 | 2.4-rc1 |
| Porto | 8 | 2.3 |
| Galway | 5 | 2.3 |

> Nothing leaves the office without a rollback plan. — Lukas`;

/** Posts, reacts and so on; `setTime` sets the clock of the server to hours before the screenshots. */
export async function fill(url, now, setTime) {
  const world = new World(url, now);
  await setTime(51 * HOUR_MS);
  await world.registerPeople();
  await world.createGroups();
  await setTime(49 * HOUR_MS);
  await world.logInAgain();
  await firstDay(world);
  await setTime(24.6 * HOUR_MS);
  await world.logInAgain();
  await secondDay(world);
  await setTime(1.4 * HOUR_MS);
  await world.logInAgain();
  await thisMorning(world);
  await setTime(0.2 * HOUR_MS);
  await world.logInAgain();
  await justNow(world);
  await setTime(0);
  await world.logInAgain();
  await ownThings(world);
  await administration(world);
}

/** The people, groups and messages that were made so far, by short names. */
class World {
  ids = new Map();
  groups = new Map();
  #apis = new Map();
  #url;

  constructor(url, now) {
    this.#url = url;
    /** The time of the screenshots. */
    this.now = now;
  }

  as(username) {
    const api = this.#apis.get(username);
    if (!api) throw new Error(`${username} is not registered`);
    return api;
  }

  async registerPeople() {
    for (const person of PEOPLE) {
      const { api, id } = await Api.register(this.#url, person);
      this.#apis.set(person.username, api);
      this.ids.set(person.username, id);
      // Otherwise it covers a part of every page.
      await api.send('PATCH', '/me', { isTourEnded: true });
      if (!person.look) continue;
      const file = await api.upload('avatar.png', await avatar(person.look));
      await api.send('PUT', '/me/avatar', { file });
    }
  }

  /** Sessions end after a while: the clock has moved. */
  async logInAgain() {
    for (const username of this.ids.keys()) {
      this.#apis.set(username, await Api.login(this.#url, username));
    }
  }

  async createGroups() {
    const { items } = await this.as('nadia').send('GET', '/conversations');
    this.groups.set('everyone', items.find(({ kind }) => kind === 'group').id);
    const everyone = [...this.ids.keys()];
    await this.group('nadia', 'release-2-4', everyone, {
      topic: 'Firmware 2.4: freeze on Thursday',
      description: 'Everything for the release of firmware 2.4. Plans are pinned.',
    });
    await this.group('ingrid', 'design', ['nadia', 'tomas', 'wei', 'yuki'], {
      topic: 'Dashboard and app',
    });
    await this.group('priya', 'support', everyone, { topic: 'Questions of harbours; be kind' });
    await this.group('amara', 'backend', ['nadia', 'wei', 'tomas', 'lukas']);
    await this.group('joe', 'field-notes', everyone, { topic: 'What we see out there' });
    await this.group('nadia', 'hiring', ['greta', 'priya'], {}, 'private');
    await this.group('greta', 'lunch', everyone);
    await this.group(
      'bartholomew',
      'Quarterly planning and budget of all harbours and inland waterways',
      ['nadia', 'greta', 'wei'],
      {
        topic:
          'Numbers for the third quarter, then the fourth, then what is left of the year before the audit',
      },
    );
  }

  async group(owner, name, members, details = {}, visibility = 'public') {
    const ids = members.filter((member) => member !== owner).map((member) => this.ids.get(member));
    const group = await this.as(owner).send('POST', '/conversations', {
      name,
      visibility,
      members: ids,
    });
    if (Object.keys(details).length > 0) {
      await this.as(owner).send('PATCH', `/conversations/${group.id}`, details);
    }
    this.groups.set(name.split(' ')[0], group.id);
  }

  /** Opens the direct conversation of a user with others. */
  async direct(from, ...others) {
    const ids = others.map((other) => this.ids.get(other));
    const body = ids.length === 1 ? { account: ids[0] } : { accounts: ids };
    const { id } = await this.as(from).send('POST', '/conversations/direct', body);
    this.groups.set([from, ...others].join('+'), id);
  }

  /** Posts a message; returns its path and number. */
  async say(username, group, body, more = {}) {
    const path = `/conversations/${this.groups.get(group)}/messages`;
    const { seq } = await this.as(username).send('POST', path, { body, ...more });
    return { seq, path: `${path}/${seq}` };
  }

  async react(message, emoji, ...usernames) {
    for (const username of usernames) {
      await this.as(username).send('PUT', `${message.path}/reactions/${encodeURIComponent(emoji)}`);
    }
  }

  /** Reads everything that there is. */
  async readAll(username) {
    await this.as(username).send('POST', '/me/cursors/read-all');
    await this.as(username).send('POST', '/me/activity/read-all');
  }

  /** Reads a conversation to its end. */
  async read(username, group) {
    const path = `/conversations/${this.groups.get(group)}`;
    const { items } = await this.as(username).send('GET', `${path}/messages`);
    const seq = Math.max(...items.map((item) => item.seq));
    await this.as(username).send('POST', `${path}/read`, { seq });
  }

  async files(username, ...files) {
    const ids = [];
    for (const [name, bytes] of files) ids.push(await this.as(username).upload(name, bytes));
    return { attachments: ids };
  }
}

async function firstDay(w) {
  const welcome = await w.say(
    'nadia',
    'everyone',
    'Welcome to our own server! Groups are on the left; press **Ctrl K** to find anything.',
  );
  await w.react(welcome, '👋', 'tomas', 'ingrid', 'wei', 'priya', 'amara');
  await w.say(
    'greta',
    'everyone',
    'The office is closed on Monday. Please send me your expenses before that.',
  );
  const plan = await w.say('nadia', 'release-2-4', PLAN);
  await w.as('nadia').send('PUT', `${plan.path}/pin`);
  await w.react(plan, '👍', 'tomas', 'wei', 'amara', 'lukas');
  await w.say('lukas', 'release-2-4', 'I booked the test tank for Wednesday.');
  await w.say(
    'tomas',
    'release-2-4',
    'Good. I’ll bring the two spare boards, and the *noisy* one.',
  );
  await w.say('amara', 'backend', 'Ingest is at 4,200 readings a second since noon, no lag.');
  await w.say(
    'wei',
    'backend',
    'The query for the dashboard now takes 30 ms instead of 900. It was a missing index.',
  );
  await w.say(
    'joe',
    'field-notes',
    'Bergen this morning.',
    await w.files('joe', ['bergen-dawn.png', await sea(DAWN)]),
  );
  await w.say(
    'bartholomew',
    'Quarterly',
    'Dear all, please find the assumptions for the third quarter below. I would be grateful for comments by Friday.',
  );
}

async function secondDay(w) {
  await w.readAll('nadia');
  const ask = await w.say(
    'priya',
    'release-2-4',
    '@tomas Porto reports a jump of 40 cm at 06:12, every day at the same time. Is that the ferry?',
  );
  await w.say(
    'tomas',
    'release-2-4',
    'Almost certainly: the wake lasts about four seconds, and we report the *last* reading.',
    { thread: ask.seq },
  );
  await w.say(
    'yuki',
    'release-2-4',
    'The gauge of the harbour filters with a stilling well. We could do the same in software.',
    { thread: ask.seq },
  );
  await w.say('tomas', 'release-2-4', CODE, { thread: ask.seq });
  await w.say('priya', 'release-2-4', 'That’s a day faster than I dared to promise. Thank you!', {
    thread: ask.seq,
  });
  await w.react(ask, '👀', 'tomas', 'yuki');
  const graph = await w.say(
    'wei',
    'release-2-4',
    'Before and after, from the logs of last week:',
    await w.files('wei', ['porto-levels.png', await chart()]),
  );
  await w.react(graph, '🎉', 'priya', 'nadia', 'amara');
  await w.react(graph, '📈', 'tomas');
  await w.say(
    'ingrid',
    'design',
    'New draft of the dashboard: fewer numbers, larger. @nadia, could you look at the empty state?',
  );
  await w.say('nadia', 'design', 'Much calmer. I’d keep the unit beside each number, though.');
  await w.say('ingrid', 'design', 'Agreed, done.');
  await w.say(
    'joe',
    'field-notes',
    'Porto and Galway, same day.',
    await w.files('joe', ['porto-noon.png', await sea(NOON)], ['galway.png', await sea(DAWN)]),
  );
  await w.direct('nadia', 'ingrid');
  await w.say('ingrid', 'nadia+ingrid', 'Do you have ten minutes before the review?');
  await w.say('nadia', 'nadia+ingrid', 'Yes, at three. I’ll call you.');
  await w.direct('nadia', 'tomas');
  await w.say('tomas', 'nadia+tomas', 'The boards have arrived, all forty of them.');
  await w.direct('nadia', 'bartholomew');
  await w.say(
    'bartholomew',
    'nadia+bartholomew',
    'Would you be so kind as to confirm the figures for the inland waterways?',
  );
  await w.direct('nadia', 'wei', 'amara');
  await w.say('wei', 'nadia+wei+amara', 'Shall the three of us look at the storage bill together?');
}

async function thisMorning(w) {
  await w.readAll('nadia');
  await w.say(
    'lukas',
    'release-2-4',
    'Test tank is done: 1,000 cycles, no reading off by more than 2 mm.',
  );
  const report = Buffer.from(
    `cycle,level_mm\n${Array.from({ length: 400 }, (_, n) => `${n},${Math.round(900 + 40 * Math.sin(n / 9))}`).join('\n')}`,
  );
  await w.say(
    'lukas',
    'release-2-4',
    'The raw data and the report:',
    await w.files(
      'lukas',
      ['test-tank-run-7.csv', report],
      [
        'A report with quite a long name, as reports of quality tend to have – final version 3.pdf',
        Buffer.from(`%PDF-1.4\n${' '.repeat(48_000)}`),
      ],
    ),
  );
  const path = `/conversations/${w.groups.get('release-2-4')}`;
  const { seq } = await w.as('nadia').send('POST', `${path}/polls`, {
    question: 'When shall we freeze 2.4?',
    choices: [
      'Thursday at noon, as planned',
      'Friday morning, with the fix for Porto',
      'Next Monday',
    ],
  });
  const votes = [
    [0, 'lukas', 'wei'],
    [1, 'tomas', 'priya', 'yuki', 'ingrid'],
    [2, 'greta'],
  ];
  for (const [at, ...voters] of votes) {
    for (const voter of voters) {
      await w.as(voter).send('PUT', `${path}/messages/${seq}/poll/vote`, { choices: [at] });
    }
  }
  await w.say(
    'salma',
    'support',
    'ميناء بورسعيد يسأل عن مواعيد التركيب. هل يناسبكم الأسبوع القادم؟',
  );
  await w.say('priya', 'support', 'Next week works: Joe is in the region from Tuesday.');
}

async function justNow(w) {
  // The field notes and the news of support stay unread.
  for (const group of ['release-2-4', 'backend', 'nadia+bartholomew']) await w.read('nadia', group);
  const release = 'release-2-4';
  const { seq } = await w.say(
    'tomas',
    release,
    '@nadia the release notes are ready for you: https://tidewater.example/releases/2.4',
  );
  await w.say('nadia', release, 'Reading them now. The part about calibration is very clear.', {
    replyTo: seq,
  });
  const thanks = await w.say(
    'nadia',
    release,
    'One wish: say which harbours have to restart their sensors.',
  );
  await w.react(thanks, '✅', 'tomas', 'lukas');
  await w.say('tomas', release, 'Good point, added.');
  await w.say('greta', 'lunch', 'Soup or salad?');
  await w.say('joe', 'lunch', 'Soup! 🍲');
  await w.say(
    'priya',
    'support',
    'Galway is asking whether 2.4 needs a restart. @nadia do you know?',
  );
  await w.say('ingrid', 'nadia+ingrid', 'The icons are in the shared folder.');
  await w.say('ingrid', 'nadia+ingrid', '😀');
  await w.say('greta', 'hiring', 'Two candidates have confirmed for Thursday.');
}

/** What belongs to Nadia alone: saved messages, drafts, scheduled messages, sections of the sidebar. */
async function ownThings(w) {
  const nadia = w.as('nadia');
  const later = (hours) => new Date(w.now + hours * HOUR_MS).toISOString();
  const page = await nadia.send('GET', `/conversations/${w.groups.get('release-2-4')}/messages`);
  const [first, second] = page.items.filter(({ body }) => /report:|Before and after/.test(body));
  const saved = `/conversations/${w.groups.get('release-2-4')}/messages`;
  await nadia.send('PUT', `${saved}/${first.seq}/saved`, {});
  await nadia.send('PUT', `${saved}/${second.seq}/saved`, { remindAt: later(20) });
  await nadia.send('PUT', `/me/drafts/${w.groups.get('design')}`, {
    body: 'About the empty state: what if it showed the nearest harbour',
  });
  await nadia.send('PUT', `/me/drafts/${w.groups.get('nadia+tomas')}`, {
    body: 'Forty! Where do we put them?',
  });
  await nadia.send('POST', '/me/scheduled', {
    conversation: w.groups.get('everyone'),
    body: 'Reminder: the freeze of 2.4 is at noon.',
    sendAt: later(26),
  });
  await nadia.send('POST', '/me/scheduled', {
    conversation: w.groups.get('nadia+ingrid'),
    body: 'Happy birthday, Ingrid! 🎂',
    sendAt: later(70),
  });
  await nadia.send('PATCH', '/me/status', { emoji: '🚢', text: 'Shipping 2.4' });
  await w
    .as('ingrid')
    .send('PATCH', '/me/status', { emoji: '🎧', text: 'Drawing', doNotDisturbUntil: later(3) });
}

/** What the pages of the administration list. */
async function administration(w) {
  const nadia = w.as('nadia');
  await nadia.send('PATCH', '/admin/server-settings', { name: 'Tidewater Labs' });
  await nadia.send('POST', '/admin/user-groups', {
    name: 'firmware',
    title: 'Firmware team',
    members: ['tomas', 'lukas', 'amara'].map((name) => w.ids.get(name)),
  });
  await nadia.send('POST', '/admin/invitations', { email: 'new.colleague@tidewater.example' });
  await nadia.send('POST', '/admin/invitations', { maxUses: 20 });
  const bot = await nadia.send('POST', '/admin/service-accounts', {
    username: 'gauge-bot',
    displayName: 'Gauge alerts',
  });
  await nadia.send('POST', `/admin/service-accounts/${bot.id}/keys`, {
    name: 'Production',
    scopes: ['messages:write'],
  });
  const file = await nadia.upload('wave.png', await wave());
  await nadia.send('POST', '/emoji', { name: 'tide', aliases: ['wave-blue'], file });
  const spam = await w.say('joe', 'lunch', 'Buy my old van!!! Only today!!!');
  await w
    .as('greta')
    .send('POST', `${spam.path}/report`, { reason: 'spam', comment: 'The third time this week.' });
  await nadia.send('PATCH', `/admin/accounts/${w.ids.get('priya')}`, { role: 'admin' });
  await nadia.send('POST', '/admin/legal-holds', {
    name: 'Porto 2026',
    reason: 'Dispute about the readings in Porto',
    accounts: [w.ids.get('lukas')],
    conversations: [],
  });
  await nadia.send('PUT', `/admin/word-filter`, {
    words: [{ text: 'darn', action: 'flag' }],
    revision: 0,
  });
}
