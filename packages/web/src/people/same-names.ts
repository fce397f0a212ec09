import type { AccountId, Person } from '@parley/protocol';

/**
 * Letters of other scripts, digits and signs that are drawn like Latin letters: the frequent ones of
 * Unicode TR 39. The server refuses usernames by the whole table; here a miss costs a username that
 * is not shown, and a false hit one that is.
 */
const LOOKS: Readonly<Record<string, string>> = {
  ...{ а: 'a', в: 'b', е: 'e', к: 'k', м: 'm', н: 'h', о: 'o', р: 'p', с: 'c', т: 't', у: 'y' },
  ...{ х: 'x', ѕ: 's', і: 'l', ј: 'j', һ: 'h', ԁ: 'd', ԛ: 'q', ԝ: 'w', ӏ: 'l', ь: 'b', г: 'r' },
  ...{ α: 'a', β: 'b', ε: 'e', η: 'n', ι: 'l', κ: 'k', ν: 'v', ο: 'o', ρ: 'p', τ: 't', υ: 'u' },
  ...{ χ: 'x', ω: 'w', γ: 'y', ı: 'l', i: 'l', 1: 'l', '|': 'l', 0: 'o', ø: 'o', ł: 'l', đ: 'd' },
};

/** Returns what the eye makes of a name: names that look alike have the same. */
export function foldName(name: string): string {
  const plain = name
    .normalize('NFKD')
    .replace(/[\p{M}\p{Default_Ignorable_Code_Point}]/gu, '')
    .toLowerCase();
  let folded = '';
  for (const letter of plain) folded += LOOKS[letter] ?? letter;
  return folded.replaceAll('rn', 'm').replaceAll('vv', 'w').replace(/\s/gu, '');
}

const found = new WeakMap<ReadonlyMap<AccountId, Person>, ReadonlySet<AccountId>>();

/**
 * Returns the accounts whose display name can be taken for somebody else's, found once for each list
 * of people. Names that nobody active has, such as those of deleted accounts, mislead nobody.
 */
export function namesakes(people: ReadonlyMap<AccountId, Person>): ReadonlySet<AccountId> {
  const known = found.get(people);
  if (known) return known;
  const byName = new Map<string, Person[]>();
  for (const person of people.values()) {
    const name = foldName(person.displayName);
    const others = byName.get(name);
    if (others) others.push(person);
    else byName.set(name, [person]);
  }
  const result = new Set<AccountId>();
  for (const alike of byName.values()) {
    if (alike.length < 2 || !alike.some((p) => p.isActive)) continue;
    for (const { id } of alike) result.add(id);
  }
  found.set(people, result);
  return result;
}
