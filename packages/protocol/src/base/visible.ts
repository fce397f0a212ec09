/**
 * Finds characters of a name that are invisible or change how the text around them is displayed, by
 * the Unicode properties of the JavaScript engine (UAX #44), after UTS #39 §5.4 and UAX #31 §2.3.
 */

/** Blank characters: UAX #44 has no property for them. */
const BLANK = /[\u2800\u{1d159}\ufffc\ufff9-\ufffb]/u;
const BIDI_CONTROL = /\p{Bidi_Control}/u;
const IGNORABLE = /\p{Default_Ignorable_Code_Point}/u;
const CONTROL = /[\p{Cc}\u2028\u2029]/u;
const VISIBLE = /[\p{L}\p{N}\p{P}\p{S}]/u;
/** UTS #39 §5.4: more nonspacing marks on one letter than any language uses, or the same mark twice. */
const MARKS = /[\p{Mn}\p{Me}]{5}|([\p{Mn}\p{Me}])\1/u;

/** Joiners and variation selectors inside emoji; flags of regions contain tag characters. */
const EMOJI_PART = /[\u200d\ufe0e\ufe0f]/gu;
const FLAG = /^\u{1f3f4}[\u{e0020}-\u{e007e}]+\u{e007f}$/u;
const EMOJI = /\p{Extended_Pictographic}|\p{Regional_Indicator}|^[0-9#*]\ufe0f?\u20e3$/u;
/**
 * Joiners that have a meaning: after a letter of a script whose letters change their form (UAX #31
 * §2.3.1).
 */
const JOINED =
  /([\p{scx=Arab}\p{scx=Syrc}\p{scx=Mong}\p{scx=Nkoo}\p{scx=Deva}\p{scx=Beng}\p{scx=Guru}\p{scx=Gujr}\p{scx=Orya}\p{scx=Taml}\p{scx=Telu}\p{scx=Knda}\p{scx=Mlym}\p{scx=Sinh}\p{scx=Khmr}])[\u200c\u200d](?=\p{L})/gu;

const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** Returns whether a text contains bidi controls (UAX #9 §2), which reorder the text around them. */
export const hasBidiControls = (text: string): boolean => BIDI_CONTROL.test(text);

/**
 * Returns whether a text contains control characters, or invisible characters without a meaning in
 * their position.
 */
export function hasInvisible(text: string): boolean {
  if (CONTROL.test(text) || BLANK.test(text)) return true;
  if (!IGNORABLE.test(text)) return false;
  let rest = '';
  for (const { segment } of segmenter.segment(text)) rest += withoutEmojiParts(segment);
  // The joiner may be at the boundary of two segments.
  return IGNORABLE.test(rest.replace(JOINED, '$1'));
}

/** Removes the ignorable characters that belong to an emoji from a grapheme. */
function withoutEmojiParts(grapheme: string): string {
  if (!EMOJI.test(grapheme)) return grapheme;
  return FLAG.test(grapheme) ? '' : grapheme.replace(EMOJI_PART, '');
}

/** Returns whether a text has a character that is visible by itself. */
export const hasVisible = (text: string): boolean =>
  VISIBLE.test(text.replace(/\p{Default_Ignorable_Code_Point}/gu, '').replace(BLANK_ALL, ''));
const BLANK_ALL = new RegExp(BLANK.source, 'gu');

/** Returns whether a text has stacked combining marks, or marks without a letter. */
export const hasStackedMarks = (text: string): boolean =>
  MARKS.test(text.normalize('NFD')) || /^\p{M}|\p{Zs}\p{M}/u.test(text);
