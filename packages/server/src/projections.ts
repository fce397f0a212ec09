import { conversationProjections } from './conversations/projections.ts';
import { messageProjections } from './messages/projections.ts';

/** The projections of all domains, which the server applies and the doctor replays. */
export const PROJECTIONS = [messageProjections, conversationProjections] as const;
