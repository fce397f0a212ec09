import { Link } from '@tanstack/react-router';
import { ArrowLeft } from 'lucide-react';
import { t } from '../texts/index.ts';

/** Leads back to the list of conversations, where it is not next to the page: on phones. */
export function BackLink() {
  return (
    <Link
      to="/"
      aria-label={t('common.backToConversations')}
      data-tour="back"
      className="inline-flex size-10 pointer-coarse:size-11 items-center justify-center rounded-lg text-muted hover:bg-hover md:hidden"
    >
      <ArrowLeft size={20} />
    </Link>
  );
}
