/** Events as the service sends them: the fields that matter, and a few that have to be ignored. */
export type WireEvent = { readonly type: string } & Readonly<Record<string, unknown>>;

export const TURN_ID = 'turn-1';
export const RESPONSE_ID = 'resp_1';

/** The position of a delta; default: the first part of the first item of our response. */
export interface At {
  readonly response?: string;
  readonly item?: string;
  readonly output?: number;
  readonly content?: number;
}

function address({ response = RESPONSE_ID, item = 'item_1', output = 0, content = 0 }: At) {
  return { event_id: 'event_1', response_id: response, item_id: item, output_index: output, content_index: content };
}

/** `turn: null` is a response without our metadata. */
export function created({ response = RESPONSE_ID, turn = TURN_ID }: { response?: string; turn?: string | null } = {}) {
  const metadata = turn === null ? null : { turn };
  return { type: 'response.created', response: { id: response, status: 'in_progress', metadata, output: [] } };
}

export function transcriptDelta(delta: string, at: At = {}) {
  return { type: 'response.output_audio_transcript.delta', ...address(at), delta };
}

export function transcriptDone(transcript: string, at: At = {}) {
  return { type: 'response.output_audio_transcript.done', ...address(at), transcript };
}

export function textDelta(delta: string, at: At = {}) {
  return { type: 'response.output_text.delta', ...address(at), delta };
}

export function textDone(text: string, at: At = {}) {
  return { type: 'response.output_text.done', ...address(at), text };
}

export function audioDelta(bytes: readonly number[] | Uint8Array, at: At = {}) {
  return { type: 'response.output_audio.delta', ...address(at), delta: Buffer.from(bytes).toString('base64') };
}

export function audioDone(at: At = {}) {
  return { type: 'response.output_audio.done', ...address(at) };
}

export interface Done {
  readonly response?: string;
  readonly turn?: string | null;
  readonly status?: string;
  readonly details?: unknown;
  readonly output?: readonly unknown[];
  readonly usage?: unknown;
}

export function done({ response = RESPONSE_ID, turn = TURN_ID, status = 'completed', details, ...rest }: Done = {}) {
  const metadata = turn === null ? null : { turn };
  return {
    type: 'response.done',
    response: { id: response, status, status_details: details ?? null, metadata, output: [], ...rest },
  };
}

/** An item of `response.done`; `type` is the part's, `output_audio` in GA and `audio` in the preview. */
export function outputItem(transcript: string, { id = 'item_1', type = 'output_audio' } = {}) {
  return { id, type: 'message', role: 'assistant', content: [{ type, transcript }] };
}

export interface WireErrorFields {
  readonly type?: string;
  readonly code?: string | null;
  readonly message?: string;
  readonly param?: string | null;
}

export function errorEvent(
  { type = 'invalid_request_error', code = null, message = 'no', param = null }: WireErrorFields,
  eventId: string | null = null,
) {
  return { type: 'error', event_id: 'event_9', error: { type, code, message, param, event_id: eventId } };
}

export function failedBy(error: WireErrorFields): Done {
  return { status: 'failed', details: { type: 'failed', error: { message: 'no', ...error } } };
}
