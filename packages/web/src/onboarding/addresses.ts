import { EmailAddress } from '@parley/protocol';

/** At most this many people are invited at once. */
export const INVITED_MAX = 50;

/** Splits a text into email addresses, each once, and invalid parts. */
export function addressesIn(text: string): { addresses: string[]; wrong: string[] } {
  const parts = new Set(text.split(/[\s,;]+/).filter((part) => part !== ''));
  const addresses: string[] = [];
  const wrong: string[] = [];
  for (const part of parts) {
    const parsed = EmailAddress.safeParse(part.replace(/^<|>$/g, ''));
    if (parsed.success) addresses.push(parsed.data);
    else wrong.push(part);
  }
  return { addresses: [...new Set(addresses)], wrong };
}
