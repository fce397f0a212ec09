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

/** Letter case makes no other address: mail servers that tell them apart are not found in practice. */
export const emailKey = (email: string): string => email.trim().normalize('NFC').toLowerCase();
