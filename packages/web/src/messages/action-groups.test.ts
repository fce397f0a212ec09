import { describe, expect, test } from 'vitest';
import { groupsOf } from './action-groups.ts';
import { ACTION_KEYS, type ActionKey, type MoreAction } from './message-action.ts';

const action = (key: ActionKey): MoreAction => ({
  key,
  icon: null,
  label: key,
  run: () => undefined,
});

describe('the groups of the menu of a message', () => {
  test('contain every action once, and those that remove something last', () => {
    const groups = groupsOf(ACTION_KEYS.map(action));
    const keys = groups
      .flat()
      .flatMap((entry) => ('submenu' in entry ? entry.actions : [entry]))
      .map(({ key }) => key);
    expect([...keys].sort()).toEqual([...ACTION_KEYS].sort());
    expect(keys.at(-1)).toBe('delete');
  });

  test('have neither empty groups nor submenus of one action', () => {
    const [copyText, save] = [action('copyText'), action('save')];
    expect(groupsOf([copyText, save])).toEqual([[save], [copyText]]);
    const seenBy = action('seenBy');
    expect(groupsOf([seenBy, copyText])).toEqual([
      [{ submenu: 'more', actions: [copyText, seenBy] }],
    ]);
  });
});
