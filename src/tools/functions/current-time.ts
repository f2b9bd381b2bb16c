import { z } from 'zod';
import { defineTool } from '../define-tool.ts';

/** Tells the model the date and time, which it cannot know. */
export const currentTime = defineTool({
  name: 'current_time',
  title: 'Current time',
  progress: { en: 'Looking at the clock…', de: 'Ich sehe auf die Uhr …' },
  description:
    'Gives the date, the day of the week and the time of day. Call it whenever the answer depends on today or now. Without a time zone it uses the zone of the user.',
  parameters: z.object({
    timeZone: z
      .string()
      .refine(isTimeZone, 'Unknown time zone; expected an IANA name such as Europe/Berlin')
      .optional()
      .describe('IANA name such as Asia/Tokyo; only where the user asks about another place.'),
  }),
  approval: 'never',
  isReadOnly: true,
  run({ timeZone }, { timeZone: ownZone, locale, now }) {
    const zone = timeZone ?? (isTimeZone(ownZone) ? ownZone : undefined) ?? zoneOf(locale, now) ?? 'UTC';
    return { now: timeIn(zone, now), timeZone: zone };
  },
});

function isTimeZone(name: string | undefined): boolean {
  if (name === undefined) return false;
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }) !== undefined;
  } catch {
    return false;
  }
}

/** Returns the time zone of a region, as in `de-DE`; `undefined` if its clocks differ, or there is no region. */
function zoneOf(locale: string | undefined, now: number): string | undefined {
  try {
    const zones = locale === undefined ? [] : (new Intl.Locale(locale).getTimeZones() ?? []);
    const [first, ...others] = zones.map((timeZone) => timeIn(timeZone, now));
    return others.every((time) => time === first) ? zones[0] : undefined;
  } catch {
    return undefined; // the channel sent an invalid locale
  }
}

function timeIn(timeZone: string, now: number): string {
  return new Intl.DateTimeFormat('en-GB', { dateStyle: 'full', timeStyle: 'short', timeZone }).format(now);
}
