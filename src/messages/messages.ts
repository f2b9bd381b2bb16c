import { TURN_ERRORS, type TurnErrorCode } from '../errors.ts';
import { de } from './de.ts';
import { en, type Messages } from './en.ts';

export type { Messages } from './en.ts';

/** The languages by BCP 47 subtag. Each has a file in this folder. */
export const LANGUAGES: Readonly<Record<string, Messages>> = { en, de };

/** Returns the texts for a locale such as `de-AT`, or the English ones. */
export function messagesFor(locale: string | undefined): Messages {
  const language = locale?.split(/[-_]/, 1)[0]?.toLowerCase() ?? '';
  return (Object.hasOwn(LANGUAGES, language) ? LANGUAGES[language] : undefined) ?? en;
}

/** Returns the text for a turn without an answer. The incident id is also in the log. */
export function apology(code: TurnErrorCode, incident: string, messages: Messages): string {
  return `${messages.apologies[TURN_ERRORS[code].apology]} ${messages.incident(incident)}`;
}

/** Formats a duration as players do: minutes and seconds, at least one second. */
export function clockTime(durationMs: number): string {
  const seconds = Math.max(1, Math.round(durationMs / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** Formats a retention time in words: minutes below an hour, then hours, and days from two whole days on. */
export function spanOfTime(durationMs: number, { language }: Messages): string {
  const inWords = (unit: 'minute' | 'hour' | 'day', count: number) =>
    count.toLocaleString(language, { style: 'unit', unit, unitDisplay: 'long' });
  if (durationMs < HOUR_MS) return inWords('minute', Math.round(durationMs / MINUTE_MS));
  const hours = Math.round(durationMs / HOUR_MS);
  return hours >= 48 && hours % 24 === 0 ? inWords('day', hours / 24) : inWords('hour', hours);
}
