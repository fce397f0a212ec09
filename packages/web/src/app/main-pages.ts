/** The layout and a conversation: one script, as nearly every visit needs both. */

export { ConversationPage } from '../conversations/conversation-page.tsx';
export { AppLayout } from './app-layout.tsx';
