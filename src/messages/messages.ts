import type { TurnErrorCode } from '../errors.ts';
import type { ApologyKind, Messages } from './catalog.ts';
import { de } from './de.ts';
import { en } from './en.ts';

export type { Messages } from './catalog.ts';

/** The languages, by their BCP 47 subtag: one file each in this folder. */
export const LANGUAGES: Readonly<Record<string, Messages>> = { en, de };

/** The texts for a locale such as `de-AT`; English where its language is not known, or none is given. */
export function messagesFor(locale: string | undefined): Messages {
  const language = locale?.split(/[-_]/, 1)[0]?.toLowerCase() ?? '';
  return (Object.hasOwn(LANGUAGES, language) ? LANGUAGES[language] : undefined) ?? en;
}

/** What a user is told when there is no answer. The incident id is in the log, too. */
export function apology(code: TurnErrorCode, incident: string, messages: Messages): string {
  return `${messages.apologies[APOLOGY_KINDS[code]]} ${messages.incident(incident)}`;
}

const APOLOGY_KINDS: Readonly<Record<TurnErrorCode, ApologyKind>> = {
  credentials_failed: 'misconfigured',
  unauthorized: 'misconfigured',
  forbidden: 'misconfigured',
  deployment_not_found: 'misconfigured',
  handshake_refused: 'misconfigured',
  settings_rejected: 'misconfigured',
  quota_exhausted: 'misconfigured',
  rate_limited: 'crowded',
  service_unavailable: 'broken',
  server_error: 'broken',
  connection_lost: 'broken',
  session_expired: 'broken',
  response_conflict: 'broken',
  frame_malformed: 'broken',
  token_timeout: 'slow',
  handshake_timeout: 'slow',
  first_event_timeout: 'slow',
  silence_timeout: 'slow',
  turn_timeout: 'slow',
  request_rejected: 'unanswerable',
  frame_too_large: 'unanswerable',
  empty_response: 'unanswerable',
  cancelled: 'cancelled',
  shutting_down: 'restarting',
  claim_lost: 'internal',
  internal: 'internal',
};

/** A length of time as people read it on a player: minutes and seconds, at least one second. */
export function clockTime(durationMs: number): string {
  const seconds = Math.max(1, Math.round(durationMs / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** How long something is kept: minutes below an hour, then hours, or days where there are at least two whole ones. */
export function spanOfTime(durationMs: number, { language }: Messages): string {
  const told = (unit: 'minute' | 'hour' | 'day', count: number) =>
    count.toLocaleString(language, { style: 'unit', unit, unitDisplay: 'long' });
  if (durationMs < HOUR_MS) return told('minute', Math.round(durationMs / MINUTE_MS));
  const hours = Math.round(durationMs / HOUR_MS);
  return hours >= 48 && hours % 24 === 0 ? told('day', hours / 24) : told('hour', hours);
}
