// The clock of the server and of the browser while screenshots are made: it runs, but is set to the morning
// of a day, and to earlier ones while the messages of those days are posted.

/** When the screenshots are taken: 10:24 UTC of the last day that has passed it. */
export function timeOfScreenshots(now = Date.now()) {
  const time = new Date(now);
  time.setUTCHours(10, 24, 0, 0);
  return time.getTime() > now ? time.getTime() - 86_400_000 : time.getTime();
}

/** Shifts the clock of this process, or of this page, by milliseconds; called again, it replaces the shift. */
export function shiftClock(shift) {
  const Actual = globalThis.actualDate ?? Date;
  globalThis.actualDate = Actual;
  globalThis.Date = class extends Actual {
    constructor(...args) {
      if (args.length === 0) super(Actual.now() + shift);
      else super(...args);
    }
    static now() {
      return Actual.now() + shift;
    }
  };
}
