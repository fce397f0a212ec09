import { errorMessage } from '../lib/text.ts';
import { toast } from './toast.ts';

/** Runs a request and shows a toast with its error, or with `done`. Returns whether it succeeded. */
export async function attempt(work: () => Promise<unknown>, done?: string): Promise<boolean> {
  try {
    await work();
    if (done !== undefined) toast.success(done);
    return true;
  } catch (error) {
    toast.error(errorMessage(error));
    return false;
  }
}
