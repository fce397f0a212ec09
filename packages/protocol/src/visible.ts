/**
 * What of a name cannot be seen, or changes what stands beside it. By the properties of Unicode that
 * the engine knows (UAX #44), after UTS #39 §5.4 and UAX #31 §2.3.
 */

/** Characters without a property that says so, and with nothing to be seen: UAX #44 has no “blank”. */
const BLANK = /[\u2800\u{1d159}\ufffc\ufff9-\ufffb]/u;
const BIDI_CONTROL = /\p{Bidi_Control}/u;
const IGNORABLE = /\p{Default_Ignorable_Code_Point}/u;
const CONTROL = /[\p{Cc}\u2028\u2029]/u;
const VISIBLE = /[\p{L}\p{N}\p{P}\p{S}]/u;
/** UTS #39 §5.4: more nonspacing marks on one letter than any language writes, or one of them twice. */
const MARKS = /[\p{Mn}\p{Me}]{5}|([\p{Mn}\p{Me}])\1/u;

/** Emoji of several characters have joiners and selectors between them, and flags have tags. */
const EMOJI_PART = /[\u200d\ufe0e\ufe0f]/gu;
const FLAG = /^\u{1f3f4}[\u{e0020}-\u{e007e}]+\u{e007f}$/u;
const EMOJI = /\p{Extended_Pictographic}|\p{Regional_Indicator}|^[0-9#*]\ufe0f?\u20e3$/u;
/**
 * Joiners have a meaning in scripts whose letters change their form (UAX #31 §2.3.1, after letters
 * of these scripts).
 */
const JOINED =
  /([\p{scx=Arab}\p{scx=Syrc}\p{scx=Mong}\p{scx=Nkoo}\p{scx=Deva}\p{scx=Beng}\p{scx=Guru}\p{scx=Gujr}\p{scx=Orya}\p{scx=Taml}\p{scx=Telu}\p{scx=Knda}\p{scx=Mlym}\p{scx=Sinh}\p{scx=Khmr}])[\u200c\u200d](?=\p{L})/gu;

const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** Returns whether a text has bidi controls (UAX #9 §2), which turn the text around them. */
export const hasBidiControls = (text: string): boolean => BIDI_CONTROL.test(text);

/**
 * Returns whether a text has control characters, or characters that are not seen and mean nothing
 * where they stand.
 */
export function hasInvisible(text: string): boolean {
  if (CONTROL.test(text) || BLANK.test(text)) return true;
  if (!IGNORABLE.test(text)) return false;
  let rest = '';
  for (const { segment } of segmenter.segment(text)) rest += withoutMeant(segment);
  // Letters on both sides: the joiner may stand between two segments.
  return IGNORABLE.test(rest.replace(JOINED, '$1'));
}

/** A grapheme without the ignorable characters that an emoji is made of. */
function withoutMeant(grapheme: string): string {
  if (!EMOJI.test(grapheme)) return grapheme;
  return FLAG.test(grapheme) ? '' : grapheme.replace(EMOJI_PART, '');
}

/** Returns whether anything of a text can be seen by itself. */
export const hasVisible = (text: string): boolean =>
  VISIBLE.test(text.replace(/\p{Default_Ignorable_Code_Point}/gu, '').replace(BLANK_ALL, ''));
const BLANK_ALL = new RegExp(BLANK.source, 'gu');

/** Returns whether a text has more marks on one letter than are written, or marks on nothing. */
export const hasHeapedMarks = (text: string): boolean =>
  MARKS.test(text.normalize('NFD')) || /^\p{M}|\p{Zs}\p{M}/u.test(text);
