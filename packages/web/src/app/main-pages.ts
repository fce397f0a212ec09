/** The layout, a conversation, and the page without one: one script, as nearly every visit needs all three. */

export { ConversationPage } from '../conversations/conversation-page.tsx';
export { AppLayout } from './app-layout.tsx';
export { Home } from './home.tsx';
