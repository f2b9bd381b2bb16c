import fc, { type Arbitrary } from 'fast-check';
import type { WireEvent } from '../realtime/server-events.ts';
import { goodEvent } from './events.ts';
import { type Edit, hostileText, someEdits, withEdits } from './hostile.ts';

/** A frame on the wire: an event, or an invalid text or bytes. */
export type Frame =
  | { readonly kind: 'event'; readonly event: WireEvent; readonly edits: readonly Edit[] }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array };

/** What happens after the last frame. The session's own deadlines end `silence`. */
export type Ending = 'silence' | 'done' | 'close' | 'break';

/** The service's behaviour for one `response.create`. */
export interface Act {
  readonly frames: readonly Frame[];
  readonly ending: Ending;
}

/** Placeholders in frames for values that are only known when they are sent. */
export interface Names {
  readonly turn: string;
  /** The `event_id`s that the client sent: of the settings, of the message, of the `response.create`. */
  readonly settings: string;
  readonly item: string;
  readonly create: string;
}

const FIELDS = 'type response_id item_id output_index content_index delta transcript text response error session';
const RESPONSE_FIELDS = 'id status status_details metadata output usage __proto__';

const path: Arbitrary<readonly string[]> = fc.oneof(
  fc.constantFrom(...FIELDS.split(' ')).map((name) => [name]),
  fc.constantFrom(...RESPONSE_FIELDS.split(' ')).map((name) => ['response', name]),
  fc.constantFrom('type', 'code', 'message', 'event_id').map((name) => ['error', name]),
  fc.constantFrom(
    ['response', 'metadata', 'turn'],
    ['response', 'output', '0'],
    ['response', 'output', '0', 'content'],
  ),
);

/** Depths up to where a recursive parser would overflow. */
const nestedText = fc
  .tuple(fc.constantFrom('[', '{"type":'), fc.constantFrom(10, 1_000, 100_000))
  .map(([piece, depth]) => piece.repeat(depth));

const noEvent = fc.oneof(
  fc.constantFrom('', '{', 'null', '5', '"response.done"', '["response.done"]', '{"type":5}', '\u0000').map(asText),
  nestedText.map(asText),
  hostileText.map(asText),
  fc.uint8Array({ maxLength: 40 }).map((bytes): Frame => ({ kind: 'bytes', bytes })),
);

function asText(text: string): Frame {
  return { kind: 'text', text };
}

/** An event with fields that do not match its type, and the edits that led to it. */
const editedEvent = goodEvent.chain((event) => fc.record({ event: fc.constant(event), edits: someEdits(event, path) }));

export const goodFrame: Arbitrary<Frame> = goodEvent.map((event) => ({ kind: 'event', event, edits: [] }));

export const editedFrame: Arbitrary<Frame> = editedEvent.map((edited) => ({ kind: 'event', ...edited }));

export const anyFrame: Arbitrary<Frame> = fc.oneof(
  { weight: 30, arbitrary: goodFrame },
  { weight: 4, arbitrary: editedFrame },
  { weight: 1, arbitrary: noEvent },
);

/** The frame on the wire: text, or bytes in a binary frame. */
export function payloadOf(frame: Frame, names: Names): string | Uint8Array {
  switch (frame.kind) {
    case 'event':
      return fillIn(JSON.stringify(withEdits(frame.event, frame.edits)), names);
    case 'text':
      return frame.text;
    case 'bytes':
      return frame.bytes;
  }
}

function fillIn(text: string, names: Names): string {
  return text.replace(/"@(turn|settings|item|create)"/g, (_, name: keyof Names) => JSON.stringify(names[name]));
}
