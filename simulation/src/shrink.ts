import type { Plan } from './plan/plan.ts';

/** Returns whether a plan still fails in the same way. */
export type StillFails = (plan: Plan) => Promise<boolean>;

/** Runs of a search at most. */
const ATTEMPTS_MAX = 400;
/** A search takes no longer, ms: a run that fails to converge takes seconds on a busy machine. */
const SEARCH_MS = 120_000;

/**
 * Returns a plan with fewer commands and faults that still fails: ranges are removed, halved down to
 * single ones (delta debugging, Zeller 1999). Every plan that is returned has failed.
 */
export async function shrink(plan: Plan, stillFails: StillFails): Promise<Plan> {
  let smallest = plan;
  let attempts = 0;
  const startedAt = performance.now();
  const isOver = () => attempts >= ATTEMPTS_MAX || performance.now() - startedAt >= SEARCH_MS;
  const attempt = async (fewer: Plan): Promise<boolean> => {
    if (isOver()) return false;
    attempts++;
    if (!(await stillFails(fewer))) return false;
    smallest = fewer;
    return true;
  };
  for (let before = -1; before !== sizeOf(smallest) && !isOver(); ) {
    before = sizeOf(smallest);
    await without(
      () => smallest.faults,
      (faults) => attempt({ ...smallest, faults }),
    );
    await without(
      () => smallest.steps,
      (steps) => attempt({ ...smallest, steps }),
    );
  }
  return smallest;
}

const sizeOf = ({ steps, faults }: Plan): number => steps.length + faults.length;

/** Tries to leave out ranges of a list, as long as `attempt` accepts what remains. */
async function without<T>(
  list: () => readonly T[],
  attempt: (fewer: readonly T[]) => Promise<boolean>,
): Promise<void> {
  for (let size = list().length; size >= 1; size = Math.floor(size / 2)) {
    for (let from = 0; from < list().length; ) {
      const fewer = [...list().slice(0, from), ...list().slice(from + size)];
      if (!(await attempt(fewer))) from += size;
    }
  }
}
