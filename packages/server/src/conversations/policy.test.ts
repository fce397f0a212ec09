import { describe, expect, test } from 'vitest';
import { type Action, may, type Sort, type Standing } from './policy.ts';

const ACTIONS: Action[] = ['join', 'leave', 'add', 'remove', 'rename', 'delete'];

/** The table once more, in short words: + yes, - forbidden, ? hidden, g not a group, e everyone. */
const TABLE: Record<Sort, Record<Standing, string>> = {
  //          join leave add remove rename delete
  direct: { owner: 'gggggg', member: 'gggggg', outsider: '??????' },
  public: { owner: '++++++', member: '+++---', outsider: '+?????' },
  private: { owner: '++++++', member: '++----', outsider: '??????' },
  everyone: { owner: '+eee+e', member: '+eee-e', outsider: '+?????' },
};
const WORDS: Record<string, string> = {
  '+': 'yes',
  '-': 'forbidden',
  '?': 'conversation_not_found',
  g: 'not_a_group',
  e: 'everyone_group',
};

describe('who may do what to a conversation', () => {
  for (const [sort, standings] of Object.entries(TABLE)) {
    for (const [standing, verdicts] of Object.entries(standings)) {
      test(`${sort}: ${standing}`, () => {
        const found = ACTIONS.map((action) => may(standing as Standing, sort as Sort, action));
        expect(found).toEqual([...verdicts].map((v) => WORDS[v]));
      });
    }
  }
});
