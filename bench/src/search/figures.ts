/** Returns the median, the 95th percentile and the longest of times, as columns of a table. */
export function figures(times: readonly number[]): string {
  const sorted = [...times].sort((a, b) => a - b);
  const at = (share: number) =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  return [at(0.5), at(0.95), at(1)].map((ms) => ms.toFixed(1).padStart(8)).join(' ');
}
