/** Repeats a deletion of at most `size` rows until it finds fewer. `run` returns how many it has deleted. */
export async function inBatches(
  size: number,
  isStopped: () => boolean,
  run: () => Promise<{ readonly rowCount: number | null }>,
): Promise<void> {
  for (let deleted = size; deleted === size && !isStopped(); ) {
    deleted = (await run()).rowCount ?? 0;
  }
}
