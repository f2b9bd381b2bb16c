import { fieldsOf } from '../json-access.ts';
import { readUsage, type TokenUsage } from '../token-usage.ts';
import type { FunctionCall } from './function-calls.ts';

/**
 * What a turn needs of the server's events, checked field by field: the types of the client library describe the wire,
 * they do not guard it.
 */
export type ServerEvent =
  | {
      readonly kind: 'session';
      /** Whether it answers to `session.update`; else it greets. */
      readonly isUpdate: boolean;
      readonly sessionId: string | undefined;
      readonly expiresAtMs: number | undefined;
      /** In which it speaks. */
      readonly voice: string | undefined;
    }
  | { readonly kind: 'responseCreated'; readonly responseId: string; readonly turnId: string | undefined }
  /** `isSpoken`: the transcript of sound; else the model writes. */
  | { readonly kind: 'textDelta'; readonly at: PartAddress; readonly text: string; readonly isSpoken: boolean }
  | { readonly kind: 'textDone'; readonly at: PartAddress; readonly text: string }
  | { readonly kind: 'audioDelta'; readonly at: PartAddress; readonly audio: Buffer }
  /** Sound that was sent in pieces is an item now. */
  | { readonly kind: 'audioCommitted'; readonly itemId: string }
  /** What was understood of such an item; `undefined` where that failed. */
  | { readonly kind: 'transcript'; readonly itemId: string; readonly text: string | undefined }
  | { readonly kind: 'responseActivity'; readonly responseId: string }
  | { readonly kind: 'responseDone'; readonly response: FinalResponse }
  | { readonly kind: 'error'; readonly error: WireError; readonly eventId: string | undefined }
  /** Of the protocol's preview: GA has other names, or another shape, for it. Nothing is read from it. */
  | { readonly kind: 'preview'; readonly type: string; readonly responseId: string | undefined }
  | { readonly kind: 'other'; readonly type: string }
  | { readonly kind: 'malformed'; readonly type: string; readonly responseId: string | undefined };

/** One content part of one output item of one response: where a delta belongs. */
export interface PartAddress {
  readonly responseId: string;
  readonly itemId: string;
  readonly outputIndex: number;
  readonly contentIndex: number;
}

/** An error as the service gives it; a field that it leaves out is empty. */
export interface WireError {
  readonly type: string;
  readonly code: string;
  readonly message: string;
  /** The field that is at fault, as a path: `session.audio.output.voice`. */
  readonly param?: string;
}

/** What `response.done` says of the response that ended. */
export interface FinalResponse {
  readonly responseId: string;
  readonly turnId: string | undefined;
  readonly status: string;
  readonly reason: string | undefined;
  readonly error: WireError | undefined;
  readonly texts: readonly { readonly at: PartAddress; readonly text: string }[];
  /** In the order of the output; whole only in a response that was completed. */
  readonly calls: readonly FunctionCall[];
  /** `undefined` where the service does not say, as of a response that failed. */
  readonly usage: TokenUsage | undefined;
}

type Fields = Readonly<Record<string, unknown>>;

/** The name of our turn in `response.metadata`, which the server echoes; its events carry nothing else of ours. */
export const TURN_METADATA = 'turn';

/** One event of the wire; never throws. An event that lacks what its type promises is `malformed`. */
export function readServerEvent(event: { readonly type: string }): ServerEvent {
  const fields = event as Fields & { readonly type: string };
  const responseId = stringOf(fields['response_id']) ?? stringOf(fieldsOf(fields['response'])['id']);
  return read(fields) ?? { kind: 'malformed', type: fields.type, responseId };
}

function read(event: Fields & { readonly type: string }): ServerEvent | undefined {
  if (isOfPreview(event)) return { kind: 'preview', type: event.type, responseId: stringOf(event['response_id']) };
  switch (event.type) {
    case 'session.created':
    case 'session.updated':
      return readSession(event.type === 'session.updated', fieldsOf(event['session']));
    case 'response.created':
      return readCreated(fieldsOf(event['response']));
    case 'response.output_audio_transcript.delta':
      return readDelta(event, true);
    case 'response.output_text.delta':
      return readDelta(event, false);
    case 'response.output_audio_transcript.done':
      return readTextDone(event, event['transcript']);
    case 'response.output_text.done':
      return readTextDone(event, event['text']);
    case 'response.output_audio.delta':
      return readAudio(event);
    case 'response.done':
      return readDone(fieldsOf(event['response']));
    case 'input_audio_buffer.committed':
      return readCommitted(event);
    case 'conversation.item.input_audio_transcription.completed':
      return readTranscript(event, stringOf(event['transcript']) ?? '');
    case 'conversation.item.input_audio_transcription.failed':
      return readTranscript(event, undefined);
    case 'error':
      return readError(fieldsOf(event['error']));
    default:
      return readUnlisted(event);
  }
}

/**
 * Renamed in GA: `response.text.*`, `response.audio.*` and `response.audio_transcript.*` have become
 * `response.output_*`, and a session's `modalities` and `input_audio_format` are elsewhere in it.
 * https://learn.microsoft.com/azure/foundry/openai/how-to/realtime-audio-preview-api-migration-guide
 */
function isOfPreview(event: Fields & { readonly type: string }): boolean {
  if (/^response\.(?:text|audio|audio_transcript)\.(?:delta|done)$/.test(event.type)) return true;
  if (!event.type.startsWith('session.')) return false;
  const session = fieldsOf(event['session']);
  return 'modalities' in session || 'input_audio_format' in session;
}

function readSession(isUpdate: boolean, session: Fields): ServerEvent {
  // `expires_at` (epoch seconds) is on the wire and not in the published type of this event.
  const expiresAt = session['expires_at'];
  return {
    kind: 'session',
    isUpdate,
    sessionId: stringOf(session['id']),
    expiresAtMs: typeof expiresAt === 'number' && expiresAt > 0 ? expiresAt * 1000 : undefined,
    voice: stringOf(fieldsOf(fieldsOf(session['audio'])['output'])['voice']),
  };
}

function readCreated(response: Fields): ServerEvent | undefined {
  const responseId = stringOf(response['id']);
  return responseId ? { kind: 'responseCreated', responseId, turnId: turnIdOf(response) } : undefined;
}

function readDelta(event: Fields, isSpoken: boolean): ServerEvent | undefined {
  const at = addressOf(event);
  const text = event['delta'];
  return at && typeof text === 'string' ? { kind: 'textDelta', at, text, isSpoken } : undefined;
}

function readTextDone(event: Fields, text: unknown): ServerEvent | undefined {
  const at = addressOf(event);
  return at && typeof text === 'string' ? { kind: 'textDone', at, text } : undefined;
}

function readAudio(event: Fields): ServerEvent | undefined {
  const at = addressOf(event);
  const base64 = event['delta'];
  if (at === undefined || typeof base64 !== 'string') return undefined;
  return { kind: 'audioDelta', at, audio: Buffer.from(base64, 'base64') };
}

function readCommitted(event: Fields): ServerEvent | undefined {
  const itemId = stringOf(event['item_id']);
  return itemId === undefined ? undefined : { kind: 'audioCommitted', itemId };
}

function readTranscript(event: Fields, text: string | undefined): ServerEvent | undefined {
  const itemId = stringOf(event['item_id']);
  return itemId === undefined ? undefined : { kind: 'transcript', itemId, text };
}

function readDone(response: Fields): ServerEvent | undefined {
  const responseId = stringOf(response['id']);
  const status = stringOf(response['status']);
  if (responseId === undefined || status === undefined) return undefined;
  // Some servers send `status_details` as a string.
  const details = fieldsOf(response['status_details']);
  return {
    kind: 'responseDone',
    response: {
      responseId,
      turnId: turnIdOf(response),
      status,
      reason: stringOf(details['reason']) ?? stringOf(response['status_details']),
      error: details['error'] === undefined ? undefined : wireErrorOf(fieldsOf(details['error'])),
      texts: listOf(response['output']).flatMap((item, index) => textsOf(responseId, fieldsOf(item), index)),
      calls: listOf(response['output']).flatMap((item) => callsOf(fieldsOf(item))),
      usage: readUsage(response['usage']),
    },
  };
}

function textsOf(responseId: string, item: Fields, outputIndex: number): { at: PartAddress; text: string }[] {
  const itemId = stringOf(item['id']) ?? '';
  return listOf(item['content']).flatMap((part, contentIndex) => {
    const text = stringOf(fieldsOf(part)['transcript']) ?? stringOf(fieldsOf(part)['text']);
    return text ? [{ at: { responseId, itemId, outputIndex, contentIndex }, text }] : [];
  });
}

/** One that cannot be answered, since it has no name or no id, is left out. */
function callsOf(item: Fields): FunctionCall[] {
  const callId = stringOf(item['call_id']);
  const name = stringOf(item['name']);
  if (item['type'] !== 'function_call' || !callId || !name) return [];
  return [{ callId, name, argumentsText: stringOf(item['arguments']) ?? '' }];
}

function readError(error: Fields): ServerEvent {
  return { kind: 'error', error: wireErrorOf(error), eventId: stringOf(error['event_id']) };
}

/** Any other event of a response still shows that the model is at work; all else is ignored. */
function readUnlisted(event: Fields & { readonly type: string }): ServerEvent {
  const responseId = stringOf(event['response_id']);
  return responseId ? { kind: 'responseActivity', responseId } : { kind: 'other', type: event.type };
}

function addressOf(event: Fields): PartAddress | undefined {
  const responseId = stringOf(event['response_id']);
  const itemId = stringOf(event['item_id']);
  if (responseId === undefined || itemId === undefined) return undefined;
  return {
    responseId,
    itemId,
    outputIndex: indexOf(event['output_index']),
    contentIndex: indexOf(event['content_index']),
  };
}

function turnIdOf(response: Fields): string | undefined {
  return stringOf(fieldsOf(response['metadata'])[TURN_METADATA]);
}

function wireErrorOf(error: Fields): WireError {
  const param = stringOf(error['param']);
  return {
    type: stringOf(error['type']) ?? '',
    code: stringOf(error['code']) ?? '',
    message: stringOf(error['message']) ?? '',
    ...(param ? { param } : {}),
  };
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function stringOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function indexOf(value: unknown): number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 ? value : 0;
}
