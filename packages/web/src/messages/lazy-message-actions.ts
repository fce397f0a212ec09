import { lazyPart } from '../queries/lazy-part.tsx';

/** The toolbar of a message; its code is loaded when a message needs it. */
export const MessageActions = lazyPart(
  async () => (await import('./message-actions.tsx')).MessageActions,
);
