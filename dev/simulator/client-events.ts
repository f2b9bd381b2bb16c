import { onlyKnown, optionalString, requiredString } from './checks.ts';
import { isRecord, type WireEvent } from './events.ts';
import { invalidType, Rejection, stringTooLong, unsupportedValue } from './wire-errors.ts';

/** The supported client events of the GA protocol, and the fields of each apart from `type` and `event_id`. */
const FIELDS = {
  'session.update': ['session'],
  'conversation.item.create': ['item', 'previous_item_id'],
  'conversation.item.delete': ['item_id'],
  'conversation.item.retrieve': ['item_id'],
  'input_audio_buffer.append': ['audio'],
  'input_audio_buffer.commit': [],
  'input_audio_buffer.clear': [],
  'response.create': ['response'],
  'response.cancel': ['response_id'],
} as const satisfies Record<string, readonly string[]>;

export type ClientEventType = keyof typeof FIELDS;

const TYPES = Object.keys(FIELDS) as ClientEventType[];
const MAX_EVENT_ID_CHARS = 512;

/** Reads one frame as an object; throws a Rejection. */
export function parseFrame(data: string, isBinary: boolean): WireEvent {
  if (isBinary) throw new Rejection('Binary frames are not supported; send each event as JSON text.');
  let event: unknown;
  try {
    event = JSON.parse(data);
  } catch {
    throw new Rejection('We could not parse the JSON body of your event.', { code: 'invalid_json' });
  }
  if (!isRecord(event)) throw invalidType('event', 'an object', event);
  return event;
}

/** The client's id of its event, which an error about the event repeats. */
export function eventIdOf(event: WireEvent): string | null {
  const eventId = optionalString(event, 'event_id', '') ?? null;
  if (eventId === null || eventId.length <= MAX_EVENT_ID_CHARS) return eventId;
  throw stringTooLong('event_id', MAX_EVENT_ID_CHARS, eventId.length);
}

/** The type of an event. Throws a Rejection for an unknown type and for unknown fields. */
export function typeOf(event: WireEvent): ClientEventType {
  const type = requiredString(event, 'type', '');
  const known = TYPES.find((candidate) => candidate === type);
  if (known === undefined) throw unsupportedValue('type', type, TYPES);
  onlyKnown(event, ['type', 'event_id', ...FIELDS[known]], '');
  return known;
}
