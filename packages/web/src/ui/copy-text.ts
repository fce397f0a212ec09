import { t } from '../texts/index.ts';
import { toast } from './toast.ts';

/** Copies a text, and shows the notice, or that it could not be copied. */
export async function copyText(text: string, notice: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    toast(notice);
  } catch {
    // Browsers give pages that were loaded over plain HTTP no access to the clipboard.
    toast.error(t('message.copyFailed'));
  }
}
