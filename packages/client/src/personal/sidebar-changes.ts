import type {
  ClientId,
  ConversationId,
  MoveConversationsBody,
  SectionId,
  Seq,
  Sidebar,
  UpdateSectionBody,
} from '@parley/protocol';
import type { SidebarApi } from '../api/sidebar.ts';

/** A change of the sidebar, as it is stored until the server has answered it. */
export type SidebarChange =
  | { readonly kind: 'unread only'; readonly unreadOnly: boolean }
  | { readonly kind: 'new section'; readonly name: string }
  | { readonly kind: 'section'; readonly section: SectionId; readonly change: UpdateSectionBody }
  | { readonly kind: 'deleted section'; readonly section: SectionId }
  | { readonly kind: 'move'; readonly move: MoveConversationsBody }
  | { readonly kind: 'close'; readonly conversation: ConversationId; readonly seq: Seq }
  | { readonly kind: 'reopen'; readonly conversation: ConversationId };

/** Sends the request for a change of the sidebar. */
export function requestOf(
  change: SidebarChange,
  id: ClientId,
  api: Omit<SidebarApi, 'get'>,
): Promise<Sidebar> {
  switch (change.kind) {
    case 'unread only':
      return api.setUnreadOnly(change.unreadOnly, id);
    case 'new section':
      return api.createSection(change.name, id);
    case 'section':
      return api.changeSection(change.section, change.change, id);
    case 'deleted section':
      return api.deleteSection(change.section, id);
    case 'move':
      return api.move(change.move, id);
    case 'close':
      return api.close(change.conversation, change.seq, id);
    case 'reopen':
      return api.reopen(change.conversation, id);
  }
}
