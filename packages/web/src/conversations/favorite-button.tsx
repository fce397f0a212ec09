import type { ConversationId } from '@parley/protocol';
import { Star } from 'lucide-react';
import { useClient, useParley } from '../session/use-client.ts';
import { t } from '../texts/index.ts';
import { attempt } from '../ui/attempt.ts';
import { IconButton } from '../ui/button.tsx';

/** Adds the open conversation to the favorites, or removes it. On phones the menu of its row does this. */
export function FavoriteButton({ id }: { id: ConversationId }) {
  const client = useClient();
  const isFavorite = useParley((s) => s.sidebar.placements.get(id)?.section === 'favorites');
  const section = isFavorite ? null : 'favorites';
  return (
    <IconButton
      label={isFavorite ? t('sidebar.removeFavorite') : t('sidebar.addFavorite')}
      className="max-sm:hidden"
      onClick={() => void attempt(() => client.sidebar.move({ conversations: [id], section }))}
    >
      <Star size={18} fill={isFavorite ? 'currentColor' : 'none'} />
    </IconButton>
  );
}
