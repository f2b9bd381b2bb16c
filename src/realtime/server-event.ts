import { fieldsOf, textOf } from '../json-access.ts';
import { readUsage, type TokenUsage } from '../token-usage.ts';

/**
 * The events of the service that a turn needs. They are checked field by field, because nothing checks the events that
 * the client library returns against its types.
 */
export type ServerEvent =
  | {
      readonly kind: 'session';
      /** True for `session.updated`, false for `session.created`. */
      readonly isUpdate: boolean;
      readonly sessionId: string | undefined;
      readonly expiresAtMs: number | undefined;
      readonly voice: string | undefined;
    }
  | { readonly kind: 'responseCreated'; readonly responseId: string; readonly responseName: string | undefined }
  /** `isSpoken` is true for a transcript of audio, false for an answer in text. */
  | { readonly kind: 'textDelta'; readonly at: PartAddress; readonly text: string; readonly isSpoken: boolean }
  | { readonly kind: 'textDone'; readonly at: PartAddress; readonly text: string }
  | { readonly kind: 'audioDelta'; readonly at: PartAddress; readonly audio: Buffer }
  /** Audio that was sent in chunks has become an item. */
  | { readonly kind: 'audioCommitted'; readonly itemId: string }
  /** The transcript of such an item; `undefined` if the transcription failed. */
  | { readonly kind: 'transcript'; readonly itemId: string; readonly text: string | undefined }
  | { readonly kind: 'responseDone'; readonly response: FinalResponse }
  | { readonly kind: 'error'; readonly error: WireError; readonly eventId: string | undefined }
  /** An event of the preview protocol, which names or shapes GA's events differently. Nothing is read from it. */
  | { readonly kind: 'preview'; readonly type: string; readonly responseId: string | undefined }
  /** An event that lacks a field. */
  | { readonly kind: 'malformed'; readonly type: string; readonly responseId: string | undefined }
  /** Any other event. If it belongs to a response, it shows that the model is at work. */
  | { readonly kind: 'other'; readonly type: string; readonly responseId: string | undefined };

/** The content part of a response's output item to which a delta belongs. */
export interface PartAddress {
  readonly responseId: string;
  readonly itemId: string;
  readonly outputIndex: number;
  readonly contentIndex: number;
}

/** An error of the service; a missing field is empty. */
export interface WireError {
  readonly type: string;
  readonly code: string;
  readonly message: string;
  /** The path of the field at fault, such as `session.audio.output.voice`. */
  readonly param?: string;
}

export interface FunctionCall {
  readonly callId: string;
  readonly name: string;
  /** The arguments as the model wrote them: mostly JSON. */
  readonly argumentsText: string;
}

/** The response in `response.done`. */
export interface FinalResponse {
  readonly responseId: string;
  /** Its metadata: see `RESPONSE_NAME`. */
  readonly responseName: string | undefined;
  readonly status: string;
  readonly reason: string | undefined;
  readonly error: WireError | undefined;
  readonly texts: readonly { readonly at: PartAddress; readonly text: string }[];
  /** The calls in the order of the output. Only those of a completed response are whole. */
  readonly calls: readonly FunctionCall[];
  /** `undefined` if the service did not report it, as for a failed response. */
  readonly usage: TokenUsage | undefined;
}

type Fields = Readonly<Record<string, unknown>>;
type WireEvent = Fields & { readonly type: string };

/**
 * The key of the response's name in `response.metadata`. Its echo is the only id of ours in the events of a response.
 */
export const RESPONSE_NAME = 'turn';

/** Reads one event of the wire; never throws. An event that lacks a field of its type is `malformed`. */
export function readServerEvent(wireEvent: { readonly type: string }): ServerEvent {
  const event = wireEvent as WireEvent;
  const responseId = textOf(event['response_id']) ?? textOf(fieldsOf(event['response'])['id']);
  return read(event) ?? { kind: 'malformed', type: event.type, responseId };
}

function read(event: WireEvent): ServerEvent | undefined {
  const responseId = textOf(event['response_id']);
  if (isOfPreview(event)) return { kind: 'preview', type: event.type, responseId };
  switch (event.type) {
    case 'session.created':
    case 'session.updated':
      return readSession(event.type === 'session.updated', fieldsOf(event['session']));
    case 'response.created':
      return readCreated(fieldsOf(event['response']));
    case 'response.output_audio_transcript.delta':
      return readPart(event, 'delta', (at, text) => ({ kind: 'textDelta', at, text, isSpoken: true }));
    case 'response.output_text.delta':
      return readPart(event, 'delta', (at, text) => ({ kind: 'textDelta', at, text, isSpoken: false }));
    case 'response.output_audio_transcript.done':
      return readPart(event, 'transcript', (at, text) => ({ kind: 'textDone', at, text }));
    case 'response.output_text.done':
      return readPart(event, 'text', (at, text) => ({ kind: 'textDone', at, text }));
    case 'response.output_audio.delta':
      return readPart(event, 'delta', (at, base64) => ({
        kind: 'audioDelta',
        at,
        audio: Buffer.from(base64, 'base64'),
      }));
    case 'response.done':
      return readDone(fieldsOf(event['response']));
    case 'input_audio_buffer.committed':
      return readItem(event, (itemId) => ({ kind: 'audioCommitted', itemId }));
    case 'conversation.item.input_audio_transcription.completed':
      return readItem(event, (itemId) => ({ kind: 'transcript', itemId, text: textOf(event['transcript']) ?? '' }));
    case 'conversation.item.input_audio_transcription.failed':
      return readItem(event, (itemId) => ({ kind: 'transcript', itemId, text: undefined }));
    case 'error': {
      const error = fieldsOf(event['error']);
      return { kind: 'error', error: wireErrorOf(error), eventId: textOf(error['event_id']) };
    }
    default:
      return { kind: 'other', type: event.type, responseId };
  }
}

/**
 * GA renamed `response.text.*`, `response.audio.*` and `response.audio_transcript.*` to `response.output_*`, and moved
 * `modalities` and `input_audio_format` within the session.
 * https://learn.microsoft.com/azure/foundry/openai/how-to/realtime-audio-preview-api-migration-guide
 */
function isOfPreview({ type, session }: WireEvent): boolean {
  if (/^response\.(?:text|audio|audio_transcript)\.(?:delta|done)$/.test(type)) return true;
  const fields = type.startsWith('session.') ? fieldsOf(session) : {};
  return 'modalities' in fields || 'input_audio_format' in fields;
}

function readSession(isUpdate: boolean, session: Fields): ServerEvent {
  // `expires_at` (epoch seconds) is on the wire, though not in the published type of this event.
  const expiresAt = session['expires_at'];
  return {
    kind: 'session',
    isUpdate,
    sessionId: textOf(session['id']),
    expiresAtMs: typeof expiresAt === 'number' && expiresAt > 0 ? expiresAt * 1000 : undefined,
    voice: textOf(fieldsOf(fieldsOf(session['audio'])['output'])['voice']),
  };
}

function readCreated(response: Fields): ServerEvent | undefined {
  const responseId = textOf(response['id']);
  return responseId ? { kind: 'responseCreated', responseId, responseName: responseNameOf(response) } : undefined;
}

/** Reads an event about a content part, with a text in `field`. */
function readPart(
  event: WireEvent,
  field: string,
  toEvent: (at: PartAddress, text: string) => ServerEvent,
): ServerEvent | undefined {
  const responseId = textOf(event['response_id']);
  const itemId = textOf(event['item_id']);
  const text = textOf(event[field]);
  if (responseId === undefined || itemId === undefined || text === undefined) return undefined;
  const [outputIndex, contentIndex] = [indexOf(event['output_index']), indexOf(event['content_index'])];
  return toEvent({ responseId, itemId, outputIndex, contentIndex }, text);
}

function readItem(event: WireEvent, toEvent: (itemId: string) => ServerEvent): ServerEvent | undefined {
  const itemId = textOf(event['item_id']);
  return itemId === undefined ? undefined : toEvent(itemId);
}

function readDone(response: Fields): ServerEvent | undefined {
  const responseId = textOf(response['id']);
  const status = textOf(response['status']);
  if (responseId === undefined || status === undefined) return undefined;
  // Some servers send `status_details` as a string.
  const details = fieldsOf(response['status_details']);
  return {
    kind: 'responseDone',
    response: {
      responseId,
      responseName: responseNameOf(response),
      status,
      reason: textOf(details['reason']) ?? textOf(response['status_details']),
      error: details['error'] === undefined ? undefined : wireErrorOf(fieldsOf(details['error'])),
      texts: listOf(response['output']).flatMap((item, index) => textsOf(responseId, fieldsOf(item), index)),
      calls: listOf(response['output']).flatMap((item) => callsOf(fieldsOf(item))),
      usage: readUsage(response['usage']),
    },
  };
}

function textsOf(responseId: string, item: Fields, outputIndex: number): { at: PartAddress; text: string }[] {
  const itemId = textOf(item['id']) ?? '';
  return listOf(item['content']).flatMap((part, contentIndex) => {
    const text = textOf(fieldsOf(part)['transcript']) ?? textOf(fieldsOf(part)['text']);
    return text ? [{ at: { responseId, itemId, outputIndex, contentIndex }, text }] : [];
  });
}

/** Leaves out calls without a name or id: no output can answer them. */
function callsOf(item: Fields): FunctionCall[] {
  const callId = textOf(item['call_id']);
  const name = textOf(item['name']);
  if (item['type'] !== 'function_call' || !callId || !name) return [];
  return [{ callId, name, argumentsText: textOf(item['arguments']) ?? '' }];
}

function responseNameOf(response: Fields): string | undefined {
  return textOf(fieldsOf(response['metadata'])[RESPONSE_NAME]);
}

function wireErrorOf(error: Fields): WireError {
  const [type = '', code = '', message = '', param] = ['type', 'code', 'message', 'param'].map((name) =>
    textOf(error[name]),
  );
  return { type, code, message, ...(param ? { param } : {}) };
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function indexOf(value: unknown): number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 ? value : 0;
}
