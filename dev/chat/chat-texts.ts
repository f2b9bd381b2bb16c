import type { ModelEndpoint } from '../../src/config/config.ts';
import { modelFix } from '../../src/doctor/model-fixes.ts';
import { systemCode, type TurnError, type TurnErrorCode } from '../../src/errors.ts';
import { messagesFor } from '../../src/messages/messages.ts';
import type { CutShortReason, Outcome } from '../../src/realtime/outcome.ts';
import type { ServerEvent, WireError } from '../../src/realtime/server-event.ts';
import type { CallResult } from '../../src/tools/tool-call.ts';

/** The chat's own texts: those of Microsoft's quickstart where it has them. */
export const texts = {
  prompt: 'Enter a message: ',
  simulator: (voice: string) =>
    `No model is configured, so a SIMULATOR answers (voice: ${voice}). "help" lists what it knows. For a real model see .env.example.`,
  session: (id: string) => `Session ID: ${plain(id)}`,
  retry: (waitMs: number) => `That did not work. Trying again in ${(waitMs / 1000).toFixed(1)} seconds …`,
  audio: (ms: number, file: string | undefined) =>
    `${(ms / 1000).toFixed(1)} s of audio${file === undefined ? '' : `, in ${file}`}`,
  approval: (title: string, tool: string, args: string) => `May I use “${title}”? ${tool} ${args}`,
  approvalPrompt: (isAlwaysOffered: boolean) => (isAlwaysOffered ? 'y/n/always: ' : 'y/n: '),
  cancelled: 'Cancelled.',
  stopping: 'Stopping the conversation.',
  ended: 'Conversation ended.',
  wavWritten: (file: string, ms: number) => `${(ms / 1000).toFixed(1)} seconds of audio are in ${file}.`,
  wavFailed: (file: string, reason: string) => `The audio of this answer could not be written to ${file}: ${reason}.`,
} as const;

/** The lines to print for an event of the service, with each piece of text and audio. */
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
    case 'audioCommitted':
    case 'transcript':
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

/** The lines to print below an answer: its sources, each once. */
export function sourceLines(results: readonly CallResult[]): readonly string[] {
  const { heading, page } = messagesFor('en').sources;
  const lines = results.flatMap(({ sources }) =>
    sources.map((source) => {
      const place = source.page === undefined ? '' : `, ${page(source.page)}`;
      return plain(`- ${source.title}${place}${source.url === undefined ? '' : ` ${source.url}`}`).replaceAll(
        '\n',
        ' ',
      );
    }),
  );
  return lines.length === 0 ? [] : [heading, ...new Set(lines)];
}

/** The lines to print for an outcome; none for a complete answer. */
export function outcomeLines(outcome: Outcome, model: ModelEndpoint): readonly string[] {
  switch (outcome.kind) {
    case 'spoken':
    case 'textOnly':
    case 'needsApproval':
      return [];
    case 'cutShort':
      return [`The answer ends early (${outcome.why}): ${cutShortReason(outcome.why, outcome.error)}`];
    case 'failed':
      return [
        `There is no answer (${outcome.error.code}): ${whatHappened(outcome.error)}. ${adviceFor(outcome.error.code, model)}`,
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
    case 'budget':
      return 'the rest would be over budget.';
    case 'cancelled':
      return 'it was cancelled.';
  }
}

/** Includes the system's error code: `ENOTFOUND` says more than "the connection failed". */
function whatHappened(error: TurnError): string {
  const code = systemCode(error.cause);
  return `${plain(error.message).replaceAll(/\s+/g, ' ').trim()}${code === undefined ? '' : ` (${code})`}`;
}

function adviceFor(code: TurnErrorCode, model: ModelEndpoint): string {
  return ADVICE[code] ?? modelFix(code, model);
}

const SEND_AGAIN = 'Send the message again.';
const REPHRASE = 'Try to say it in another way.';

/** Faults that pass, or that depend on the message: the advice of the doctor is about the configuration. */
const ADVICE: Partial<Record<TurnErrorCode, string>> = {
  turn_timeout: 'Send the message again, or raise TURN_TIMEOUT_SECONDS.',
  first_event_timeout: SEND_AGAIN,
  silence_timeout: SEND_AGAIN,
  server_error: SEND_AGAIN,
  connection_lost: SEND_AGAIN,
  session_expired: SEND_AGAIN,
  response_conflict: SEND_AGAIN,
  internal: SEND_AGAIN,
  request_rejected: REPHRASE,
  frame_too_large: REPHRASE,
  empty_response: REPHRASE,
};

/** Removes control characters, which could steer the terminal. */
export function plain(text: string): string {
  return text.replaceAll(/[^\P{Cc}\n\t]/gu, '');
}
