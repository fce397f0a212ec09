/** Returns the end of the day of a date field, RFC 3339; null if the field is empty. */
export const endOfDay = (date: string): string | null =>
  date === '' ? null : new Date(`${date}T23:59:59`).toISOString();

/** Returns the day of a time as the value of a date field; empty for null. */
export function dayOf(time: string | null): string {
  if (time === null) return '';
  const at = new Date(time);
  const two = (n: number) => String(n).padStart(2, '0');
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
}
