import { conversationProjections } from './conversations/projections.ts';
import { messageProjections } from './messages/projections.ts';

/** The projections of all domains: the server applies them, the doctor applies them again. */
export const PROJECTIONS = [messageProjections, conversationProjections] as const;
