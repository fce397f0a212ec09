import {
  type AccountId,
  type ClosedConversation,
  DEFAULT_LAYOUT,
  type Sidebar,
  type SidebarLayout,
  type SidebarPlacement,
  type SidebarSection,
} from '@parley/protocol';
import type { Queryable } from '../storage/queryable.ts';

/** The row of a sidebar. */
export interface SidebarRow {
  /** Null: the default. */
  readonly sections: readonly SidebarSection[] | null;
  readonly unread_only: boolean;
}

/** Returns the layout in a row; the default without a row. */
export const layoutOf = (row: SidebarRow | null | undefined): SidebarLayout =>
  row
    ? {
        // In the field order of new sections: the database keeps no order.
        sections: (row.sections ?? DEFAULT_LAYOUT.sections).map(
          ({ id, name, isCollapsed, order }) => ({ id, name, isCollapsed, order }),
        ),
        unreadOnly: row.unread_only,
      }
    : DEFAULT_LAYOUT;

/** Returns a consistent snapshot of the sidebar of an account. */
export async function sidebarOf(pool: Queryable, account: AccountId): Promise<Sidebar> {
  const { rows } = await pool.query<
    SidebarRow & {
      readonly seq: number;
      readonly placements: SidebarPlacement[];
      readonly closed: ClosedConversation[];
    }
  >({
    name: 'sidebar',
    text: `select sections, unread_only, seq,
             (select coalesce(json_agg(json_build_object(
                'conversation', p.conversation_id, 'section', p.section, 'rank', p.rank)
                order by p.section, p.rank), '[]')
              from sidebar_placements p where p.account_id = s.account_id) as placements,
             (select coalesce(json_agg(json_build_object(
                'conversation', z.conversation_id, 'seq', z.closed_seq)
                order by z.conversation_id), '[]')
              from sidebar_closed z where z.account_id = s.account_id) as closed
           from sidebars s where account_id = $1`,
    values: [account],
  });
  const [row] = rows;
  const { placements = [], closed = [], seq = 0 } = row ?? {};
  return { ...layoutOf(row), placements, closed, seq };
}
