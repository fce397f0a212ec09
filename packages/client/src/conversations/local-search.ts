import {
  type AccountId,
  type ConversationId,
  type FoundMessage,
  fold,
  foldWithPlaces,
  type Message,
  parseSearch,
  parseSearchDate,
  type SearchDate,
  type SearchFilter,
  type SearchText,
  type User,
} from '@parley/protocol';
import { foldWithoutMarkers } from '@parley/protocol/markdown';
import type { ConversationView } from './conversations.ts';

/** Results are returned up to this number. */
const RESULTS_MAX = 50;
/** The length of the excerpt of a long text, and how much of it precedes the first match. */
const SNIPPET = 240;
const LEAD = 80;

/** The data on this device to search. */
export interface LocalSearchData {
  readonly me: AccountId;
  readonly messages: Iterable<Message>;
  readonly users: ReadonlyMap<AccountId, User>;
  readonly conversations: ReadonlyMap<ConversationId, ConversationView>;
}

/** The results of a search on this device. */
export interface LocalSearchResults {
  /** The latest messages first. */
  readonly items: readonly FoundMessage[];
  /** The filters that need the server, as typed; they find nothing here. */
  readonly unsupported: readonly string[];
}

type Test = (message: Message) => boolean;

/**
 * Searches the messages on this device, for when the server can’t be reached. Supports the syntax
 * of the server, except filters that need data only the server has.
 */
export function searchLocally(query: string, known: LocalSearchData): LocalSearchResults {
  const parts = parseSearch(query);
  const texts = parts.filter((part) => part.kind === 'text');
  const filters = parts.filter((part) => part.kind === 'filter');
  if (parts.length === 0) return { items: [], unsupported: [] };
  const tests = filters.map((filter) => ({ filter, test: testOf(filter, known) }));
  const unsupported = tests.filter(({ test }) => test === null);
  if (unsupported.length > 0) {
    return { items: [], unsupported: unsupported.map(({ filter }) => filter.name) };
  }
  const isFound = (message: Message) =>
    message.deletedAt === null &&
    tests.every(({ filter, test }) => test?.(message) === !filter.isNegated) &&
    hasTexts(message.body, texts);
  const matches = [...known.messages].filter(isFound);
  matches.sort((a, b) => Date.parse(b.postedAt) - Date.parse(a.postedAt) || b.seq - a.seq);
  const searched = texts.filter((part) => !part.isNegated);
  return {
    items: matches
      .slice(0, RESULTS_MAX)
      .map((message) => ({ message, snippet: snippetOf(message.body, searched) })),
    unsupported: [],
  };
}

function hasTexts(body: string, texts: readonly SearchText[]): boolean {
  const folded = fold(body);
  const has = (part: SearchText) =>
    placesOf(folded, part).length > 0 ||
    (isOfWords(part) && placesOf(foldWithoutMarkers(body)?.text ?? '', part).length > 0);
  return texts.every((part) => has(part) === !part.isNegated);
}

/** Whether it is a phrase of several words, between which a text may have markers of Markdown. */
const isOfWords = ({ text, isPhrase }: SearchText): boolean => isPhrase && text.includes(' ');

/** Returns the positions of a term: a word at the start of words, a phrase anywhere. */
function placesOf(folded: string, { text, isPhrase }: SearchText): number[] {
  const term = fold(text);
  const places: number[] = [];
  for (let at = folded.indexOf(term); at !== -1; at = folded.indexOf(term, at + term.length)) {
    if (isPhrase || !isInWord(folded, at)) places.push(at);
  }
  return places;
}

const LETTER = /[\p{L}\p{N}]/u;
const isInWord = (text: string, at: number): boolean =>
  at > 0 && LETTER.test(text[at - 1] as string) && LETTER.test(text[at] as string);

function snippetOf(body: string, texts: readonly SearchText[]): FoundMessage['snippet'] {
  const folded = foldWithPlaces(body);
  const all = texts
    .flatMap((part) => {
      const isAsTyped = placesOf(folded.text, part).length > 0 || !isOfWords(part);
      const within = (isAsTyped ? null : foldWithoutMarkers(body)) ?? folded;
      return placesOf(within.text, part).map((at) =>
        within.originalRange(at, at + fold(part.text).length),
      );
    })
    .sort((a, b) => a.start - b.start);
  const ranges: { start: number; end: number }[] = [];
  for (const range of all) if (range.start >= (ranges.at(-1)?.end ?? 0)) ranges.push(range);
  const from = Math.max(0, (ranges[0]?.start ?? 0) - LEAD);
  const start = body.length <= SNIPPET + LEAD ? 0 : wholeCharacter(body, from);
  const end = wholeCharacter(body, start === 0 ? SNIPPET + LEAD : start + SNIPPET);
  return {
    text: body.slice(start, end),
    ranges: ranges
      .filter((range) => range.end <= end)
      .map((range) => ({ start: range.start - start, end: range.end - start })),
    isCutBefore: start > 0,
    isCutAfter: end < body.length,
  };
}

/** Returns a position that does not split a surrogate pair. */
function wholeCharacter(text: string, at: number): number {
  const unit = text.charCodeAt(at);
  return unit >= 0xdc00 && unit <= 0xdfff ? at - 1 : at;
}

/** Returns the condition of a filter; null if only the server can evaluate it. */
function testOf({ name, value }: SearchFilter, known: LocalSearchData): Test | null {
  const isNamed = matcherOf(value);
  switch (name) {
    case 'from':
      return ({ author }) =>
        fold(value) === 'me' ? author === known.me : isNamed(namesOf(known.users.get(author)));
    case 'in':
      return ({ conversation }) => isNamed([known.conversations.get(conversation)?.name ?? '']);
    case 'has':
      return HAS.get(fold(value)) ?? null;
    case 'before':
    case 'after':
    case 'on':
      return dateTest(name, value);
    default:
      return null;
  }
}

const HAS: ReadonlyMap<string, Test> = new Map<string, Test>([
  ['link', ({ body }) => /https?:\/\/\S/i.test(body)],
  ['reaction', ({ reactions }) => reactions.length > 0],
  ['pin', ({ pinned }) => pinned !== null],
  ['poll', ({ poll }) => poll !== null],
  ['file', ({ attachments }) => attachments.length > 0],
]);

/** Returns a function that compares names with a typed one, with or without its sign. */
function matcherOf(value: string): (names: readonly string[]) => boolean {
  const searchedName = fold(value.replace(/^[@#]/, ''));
  return (names) => searchedName !== '' && names.some((name) => fold(name) === searchedName);
}

const namesOf = (user: User | undefined): string[] =>
  user ? [user.username, user.displayName] : [];

function dateTest(name: 'before' | 'after' | 'on', value: string): Test | null {
  const date = parseSearchDate(value);
  if (date === null) return null;
  const [start, end] = spanOf(date);
  return ({ postedAt }) => {
    const at = Date.parse(postedAt);
    if (name === 'before') return at < start;
    return name === 'after' ? at >= end : at >= start && at < end;
  };
}

/** Returns when a date begins and ends in the time zone of this device, ms. */
function spanOf(date: SearchDate): [number, number] {
  if (typeof date === 'string') {
    const now = new Date();
    const day = now.getDate() - (date === 'yesterday' ? 1 : 0);
    return spanOf({
      year: now.getFullYear(),
      month: now.getMonth() + 1,
      day,
    });
  }
  const { year, month, day } = date;
  const start = new Date(year, (month ?? 1) - 1, day ?? 1);
  const end = new Date(start);
  if (month === undefined) end.setFullYear(year + 1);
  else if (day === undefined) end.setMonth(month);
  // Not `day + 1`: yesterday is day 0 on the first of a month.
  else end.setDate(end.getDate() + 1);
  return [start.getTime(), end.getTime()];
}
