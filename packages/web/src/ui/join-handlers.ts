/** Handlers of events by name, such as `onPointerDown`. */
type Handlers<Event> = Readonly<Record<string, (event: Event) => void>>;

/** Returns handlers that call those of both, the first ones first. */
export function joinHandlers<Event>(a: Handlers<Event>, b: Handlers<Event>): Handlers<Event> {
  const joined: Record<string, (event: Event) => void> = { ...a };
  for (const [name, handler] of Object.entries(b)) {
    const before = joined[name];
    joined[name] = before
      ? (event) => {
          before(event);
          handler(event);
        }
      : handler;
  }
  return joined;
}
