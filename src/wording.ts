import type { TurnErrorCode } from './errors.ts';
import type { CutShortReason } from './realtime/outcome.ts';

/** Every text that users see. Short, kind, and it says what to do next. */
export const wording = {
  welcome: 'Hello! Write me a message and I will answer in text and with my voice.',
  textMissing: 'I can only read text for now. Please write me a message.',
  textTooLong: (mostChars: number) =>
    `That message is too long for me. Please send it in parts of up to ${mostChars.toLocaleString('en')} characters.`,
  queueFull: 'I am still busy with your earlier messages. Please send that again when I have answered them.',
  notAllowed: 'I am sorry, I am not open to your account. Please ask the person who runs this bot.',
  shuttingDown: 'I am being restarted. Please send that again in a minute.',
  working: 'Finding my words …',
  voiceReply: '(voice reply)',
  listen: (duration: string) => `Listen (${duration})`,
  audioTitle: 'Voice reply',
} as const;

/** Why an answer ends early, said below it. The user who stopped it knows. */
export function cutShortNote(why: CutShortReason): string {
  switch (why) {
    case 'length':
      return '(I stopped here because the answer became too long. Ask me to go on.)';
    case 'lost':
      return '(My answer broke off here. Please ask me again for the rest.)';
    case 'filter':
      return 'I stopped this answer because of the content rules I follow. Please try to ask in another way.';
    case 'cancelled':
      return '';
  }
}

/** What a user is told when there is no answer. The incident id is in the log, too. */
export function apology(code: TurnErrorCode, incident: string): string {
  return `${apologySentence(code)} (incident ${incident})`;
}

function apologySentence(code: TurnErrorCode): string {
  switch (code) {
    case 'credentials_failed':
    case 'unauthorized':
    case 'forbidden':
    case 'deployment_not_found':
    case 'handshake_refused':
    case 'settings_rejected':
    case 'quota_exhausted':
      return 'I cannot use my voice service because of how I am set up. Please tell the person who runs this bot.';
    case 'rate_limited':
      return 'Too many people are talking to me right now. Please try again in a minute.';
    case 'service_unavailable':
    case 'server_error':
    case 'connection_lost':
    case 'session_expired':
    case 'response_conflict':
    case 'frame_malformed':
      return 'My voice service had a problem and I have no answer. Please send that again.';
    case 'handshake_timeout':
    case 'first_event_timeout':
    case 'silence_timeout':
    case 'turn_timeout':
      return 'My voice service took too long to answer. Please send that again.';
    case 'request_rejected':
    case 'frame_too_large':
    case 'empty_response':
      return 'I could not make an answer to that. Please try to say it in another way.';
    case 'cancelled':
      return 'I stopped, as you asked. Please write again whenever you like.';
    case 'shutting_down':
      return wording.shuttingDown;
    case 'internal':
      return 'Something went wrong on my side. Please send that again.';
  }
}
