import unhomoglyph from 'unhomoglyph';

/**
 * Usernames and addresses in the form in which they are compared. The typed form is stored for
 * display.
 */

/**
 * Returns the username in the form in which it must be unique: Unicode NFKC and full case folding.
 * JavaScript has no case folding; upper and then lower case gives the same, except for the final
 * sigma.
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
 * Returns the visual skeleton of a username: names that look alike have the same one. It is the
 * skeleton of Unicode TR 39 §4, before and after case folding: `I` looks like `l`, and so does `Ӏ`;
 * `раураl` in Cyrillic looks like `paypal`.
 */
export const usernameSkeleton = (username: string): string =>
  looks(looks(username.normalize('NFKC')).toLowerCase());

const looks = (text: string): string =>
  withoutDots(unhomoglyph(withoutDots(text.normalize('NFD'))).normalize('NFD'));

/**
 * Removes explicit dots above soft-dotted letters, which look the same: `fi̇rst` looks like `first`
 * (Unicode §7.1, Soft_Dotted). `l` stands for a capital `I` here.
 */
const withoutDots = (text: string): string =>
  text
    .replace(/([\p{Soft_Dotted}ıȷl](?:(?!\u0307)\p{M})*)\u0307/gu, '$1')
    // The table of confusables maps ı to i, but not this.
    .replaceAll('ȷ', 'j');

/** Returns the visual skeleton of a display name; several users may share one. */
export const displayNameSkeleton = (displayName: string): string => usernameSkeleton(displayName);

/**
 * Returns the address in the form in which it is compared, in lower case: no known server
 * distinguishes case.
 */
export const emailKey = (email: string): string => email.trim().normalize('NFC').toLowerCase();

/** Returns the domain of an address in the form in which it is compared. */
export const domainOf = (email: string): string => emailKey(email).split('@').at(-1) ?? '';
