import * as wire from '../realtime/server-events.ts';
import type { RawAnswer, ReceivedRequest, Refusal } from '../support/raw-model.ts';

/** One fault of the model, what the user sees of it, and the state of the session afterwards. */
export interface ModelFault {
  readonly name: string;
  /** The model's behaviour, one entry for each request. */
  readonly answers: readonly RawAnswer[];
  /** The first responses to handshakes of new sessions; the warm session is broken before. */
  readonly refusals?: readonly Refusal[];
  /** The timers that have to expire, one after another, in milliseconds. */
  readonly waitsMs?: readonly number[];
  readonly text: RegExp;
  /** The size of the reply's audio, in bytes. */
  readonly audioBytes?: number;
  /** What a new session is told of this turn; `null` if the warm session continues. */
  readonly told: string | null;
  /** The code in the log line at the end of the turn. */
  readonly code?: string;
  /** A log line that the operator finds. */
  readonly logged?: string;
}

export const USER = '{"role":"user","text":"second"}';
export const PROBLEM = /My voice service had a problem/;
export const SLOW = /took too long/;
export const SET_UP = /isn’t set up correctly/;
export const BROKE_OFF = /^Half\n\n\(My answer was cut off here/;
export const HALF_TOLD = `${USER},{"role":"assistant","text":"Half"}`;
export const RETRY_MS = 375;

/** Four bytes of audio for each word. */
export const SOUND = [1, 0, 2, 0];

export function begin({ response, turn, send }: ReceivedRequest, ...words: readonly string[]): void {
  send(wire.created({ response, turn }));
  for (const word of words) send(wire.transcriptDelta(word, { response }), wire.audioDelta(SOUND, { response }));
}

export function end({ response, turn, send }: ReceivedRequest, rest: wire.Done = {}): void {
  send(wire.done({ response, turn, ...rest }));
}

/** A complete answer. */
export function says(text: string): RawAnswer {
  return (asked) => {
    begin(asked, text);
    end(asked);
  };
}

export const ends =
  (rest: wire.Done, ...words: readonly string[]): RawAnswer =>
  (asked) => {
    begin(asked, ...words);
    end(asked, rest);
  };

export const drops =
  (...words: readonly string[]): RawAnswer =>
  (asked) => {
    begin(asked, ...words);
    // Data that was sent arrives before the socket breaks.
    asked.socket.close(1011);
  };

export const breaks =
  (frame: string | Uint8Array): RawAnswer =>
  (asked) => {
    begin(asked, 'Half');
    asked.send(frame);
  };

export const errors =
  (fields: wire.WireErrorFields, of?: 'response.create' | 'conversation.item.create' | 'session.update'): RawAnswer =>
  ({ send, eventIds }) =>
    send(wire.errorEvent(fields, of === undefined ? null : (eventIds.get(of) ?? null)));

export const silent: RawAnswer = () => {};
export const filter = { reason: 'content_filter' };
export const failedBy = (code: string, message = 'no') =>
  ends(wire.failedBy({ type: 'invalid_request_error', code, message }));
export const conflict = { code: 'conversation_already_has_active_response' };
