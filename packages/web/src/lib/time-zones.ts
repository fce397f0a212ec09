/** Returns the time zones to choose from, by name; the one that is set may have another name here. */
export const timeZones = (current: string | null): (readonly [value: string, text: string])[] =>
  [...new Set([...(current === null ? [] : [current]), ...Intl.supportedValuesOf('timeZone')])]
    .sort()
    .map((zone) => [zone, zone.replaceAll('_', ' ')] as const);

/** Returns the time zone of this device. */
export const ownTimeZone = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone;
