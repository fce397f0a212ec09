import type { SidebarSection } from '@parley/protocol';
import { t } from '../texts/index.ts';

/** Returns the title of a section. */
export function titleOfSection({ id, name }: Pick<SidebarSection, 'id' | 'name'>): string {
  if (name !== null) return name;
  if (id === 'favorites') return t('sidebar.favorites');
  return id === 'groups' ? t('sidebar.groups') : t('sidebar.directMessages');
}
