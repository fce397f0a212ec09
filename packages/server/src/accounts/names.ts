import unhomoglyph from 'unhomoglyph';

/**
 * Usernames and addresses as they are compared. What a person typed is kept beside it, for showing.
 */

/**
 * Compatibility forms and letter case make no other username: Unicode NFKC and full case folding.
 * JavaScript has no case folding of its own; upper and then lower case come to the same, but for
 * the final sigma.
 */
export const usernameKey = (username: string): string =>
  username
    .normalize('NFKC')
    .toUpperCase()
    .toLowerCase()
    .replaceAll('ς', 'σ')
    .normalize('NFKC')
    .trim();

/**
 * A username by its looks: two that can be taken for each other have the same. The skeleton of
 * Unicode TR 39 §4, before and after letter case is taken away: `I` looks like `l`, and so does
 * `Ӏ`; `раураl` in Cyrillic looks like `paypal`.
 */
export const usernameSkeleton = (username: string): string =>
  looks(looks(username.normalize('NFKC')).toLowerCase());

const looks = (text: string): string =>
  withoutDots(unhomoglyph(withoutDots(text.normalize('NFD'))).normalize('NFD'));

/**
 * A letter whose dot makes room for an accent looks the same with an explicit dot above: `fi̇rst` is
 * seen as `first` (Unicode §7.1, Soft_Dotted). `l` stands for a capital `I` here.
 */
const withoutDots = (text: string): string =>
  text
    .replace(/([\p{Soft_Dotted}ıȷl](?:(?!\u0307)\p{M})*)\u0307/gu, '$1')
    // The table of confusables has ı for i, but not this.
    .replaceAll('ȷ', 'j');

/** A display name by its looks, as {@link usernameSkeleton}; those of two people may be the same. */
export const displayNameSkeleton = (displayName: string): string => usernameSkeleton(displayName);

/** Letter case makes no other address: mail servers that tell them apart are not found in practice. */
export const emailKey = (email: string): string => email.trim().normalize('NFC').toLowerCase();

/** The domain of an address, as domains are compared. */
export const domainOf = (email: string): string => emailKey(email).split('@').at(-1) ?? '';
