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

const looks = (text: string): string => unhomoglyph(text.normalize('NFD')).normalize('NFD');

/** Letter case makes no other address: mail servers that tell them apart are not found in practice. */
export const emailKey = (email: string): string => email.trim().normalize('NFC').toLowerCase();

/** The domain of an address, as domains are compared. */
export const domainOf = (email: string): string => emailKey(email).split('@').at(-1) ?? '';
