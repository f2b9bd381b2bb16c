import { systemCode, type TurnError, type TurnErrorCode } from '../../src/errors.ts';
import type { CutShortReason, Outcome } from '../../src/realtime/outcome.ts';
import type { ServerEvent, WireError } from '../../src/realtime/server-event.ts';

/** The chat's own texts: those of Microsoft's quickstart where it has them. */
export const texts = {
  prompt: 'Enter a message: ',
  simulator: (voice: string) =>
    `No model is configured, so a SIMULATOR answers (voice: ${voice}). "help" lists what it knows. For a real model see .env.example.`,
  session: (id: string) => `Session ID: ${plain(id)}`,
  retry: (waitMs: number) => `That did not work. Trying again in ${(waitMs / 1000).toFixed(1)} seconds …`,
  cancelled: 'Cancelled.',
  stopping: 'Stopping the conversation.',
  ended: 'Conversation ended.',
  wavWritten: (file: string, ms: number) => `${(ms / 1000).toFixed(1)} seconds of audio are in ${file}.`,
  wavFailed: (file: string, reason: string) => `The audio of this answer could not be written to ${file}: ${reason}.`,
} as const;

/** The lines to print for an event of the service. */
export function eventLines(event: ServerEvent): readonly string[] {
  switch (event.kind) {
    case 'textDelta':
      return [`Received text delta: ${plain(event.text)}`];
    case 'audioDelta':
      return [`Received ${event.audio.byteLength} bytes of audio data.`];
    case 'error':
      return ['Received an error event.', ...errorLines(event.error, event.eventId)];
    case 'responseDone':
      return event.response.error === undefined ? [] : ['The response failed.', ...errorLines(event.response.error)];
    case 'preview':
      return [`Received ${plain(event.type)}, an event of the preview protocol. It is ignored.`];
    case 'session':
    case 'responseCreated':
    case 'textDone':
    case 'soundCommitted':
    case 'transcript':
    case 'responseActivity':
    case 'other':
    case 'malformed':
      return [];
  }
}

function errorLines({ code, message }: WireError, eventId = ''): string[] {
  return [
    `Error code: ${plain(code) || 'none'}`,
    `Error Event ID: ${plain(eventId) || 'none'}`,
    `Error message: ${plain(message) || 'none'}`,
  ];
}

/** The lines to print for an outcome; none for a complete answer. */
export function outcomeLines(outcome: Outcome): readonly string[] {
  switch (outcome.kind) {
    case 'spoken':
    case 'textOnly':
      return [];
    case 'cutShort':
      return [`The answer ends early (${outcome.why}): ${cutShortReason(outcome.why, outcome.error)}`];
    case 'failed':
      return [
        `There is no answer (${outcome.error.code}): ${whatHappened(outcome.error)}. ${remedy(outcome.error.code)}`,
      ];
  }
}

function cutShortReason(why: CutShortReason, error: TurnError | undefined): string {
  switch (why) {
    case 'length':
      return 'it reached the maximum length. Ask the model to go on.';
    case 'filter':
      return 'the content filter stopped it. Its audio is not written. Try to ask in another way.';
    case 'lost':
      return `${error === undefined ? 'the connection broke' : whatHappened(error)}. Ask again for the rest.`;
    case 'cancelled':
      return 'it was cancelled.';
  }
}

/** Includes the system's error code: `ENOTFOUND` says more than "the connection failed". */
function whatHappened(error: TurnError): string {
  const code = systemCode(error.cause);
  return `${plain(error.message).replaceAll(/\s+/g, ' ').trim()}${code === undefined ? '' : ` (${code})`}`;
}

/** What the developer at the terminal can do. */
function remedy(code: TurnErrorCode): string {
  switch (code) {
    case 'credentials_failed':
      return 'Run "az login", or set AZURE_OPENAI_API_KEY.';
    case 'token_timeout':
      return 'Set AZURE_TOKEN_CREDENTIALS to one source of credentials, such as AzureCliCredential.';
    case 'unauthorized':
      return 'Check AZURE_OPENAI_API_KEY (or OPENAI_API_KEY); with Entra ID, "az login" to the tenant of the resource.';
    case 'forbidden':
      return 'Have the role assigned to you (it takes some minutes to take effect), and check the network rules of the resource.';
    case 'deployment_not_found':
      return 'Check AZURE_OPENAI_ENDPOINT and AZURE_OPENAI_DEPLOYMENT_NAME (or OPENAI_BASE_URL and OPENAI_MODEL); a new deployment takes minutes to appear.';
    case 'handshake_refused':
      return 'Use a realtime model, and check AZURE_OPENAI_ENDPOINT (or OPENAI_BASE_URL).';
    case 'settings_rejected':
      return 'Check REALTIME_VOICE and the other REALTIME_ settings.';
    case 'quota_exhausted':
      return 'Check the quota and the billing of the account.';
    case 'rate_limited':
      return 'Wait a minute, then send the message again.';
    case 'service_unavailable':
    case 'handshake_timeout':
      return 'Check the network and the address of the model, then send the message again.';
    case 'turn_timeout':
      return 'Send the message again, or raise TURN_TIMEOUT_SECONDS.';
    case 'server_error':
    case 'connection_lost':
    case 'session_expired':
    case 'response_conflict':
    case 'frame_malformed':
    case 'first_event_timeout':
    case 'silence_timeout':
    case 'cancelled':
    case 'shutting_down':
    case 'claim_lost':
    case 'internal':
      return 'Send the message again.';
    case 'request_rejected':
    case 'frame_too_large':
    case 'empty_response':
      return 'Try to say it in another way.';
  }
}

/** Removes control characters, which could steer the terminal. */
function plain(text: string): string {
  return text.replaceAll(/[^\P{Cc}\n\t]/gu, '');
}
