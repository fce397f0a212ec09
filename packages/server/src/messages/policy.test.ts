import { expect, test } from 'vitest';
import { authorize, type MessageAction, type MessageRole, messagePermissions } from './policy.ts';

const ACTIONS: MessageAction[] = ['post', 'edit', 'delete', 'react', 'pin'];

/** The policy in short form: + yes, - forbidden, ? conversation not found. */
const TABLE: Record<MessageRole, string> = {
  //       post edit delete react pin
  author: '+++++',
  member: '+--++',
  non_member: '?????',
};
const VERDICTS: Record<string, string> = {
  '+': 'yes',
  '-': 'forbidden',
  '?': 'conversation_not_found',
};

test.each(Object.entries(TABLE))('the policy of messages: %s', (role, verdicts) => {
  const found = ACTIONS.map((action) => authorize(role as MessageRole, action));
  expect(found).toEqual([...verdicts].map((v) => VERDICTS[v]));
});

test('members are offered what the policy allows them', () => {
  const { own, others } = messagePermissions();
  const allowed = (role: MessageRole) =>
    ACTIONS.filter((action) => action !== 'post' && authorize(role, action) === 'yes');
  expect([own, others]).toEqual([allowed('author'), allowed('member')]);
});
