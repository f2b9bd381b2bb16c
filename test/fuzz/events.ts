import fc, { type Arbitrary } from 'fast-check';
import * as wire from '../realtime/server-events.ts';
import { hostileText } from './hostile.ts';

const RESPONSES = ['resp_1', 'resp_1', 'resp_1', 'resp_2', 'resp_3'];
const TURN = '@turn';

const response = fc.constantFrom(...RESPONSES);
const turn = fc.constantFrom(TURN, TURN, TURN, null, 'another turn');

const at: Arbitrary<wire.At> = fc.record({
  response,
  item: fc.constantFrom('item_1', 'item_1', 'item_2', 'item 1', ''),
  output: fc.constantFrom(0, 0, 1, 2, -1, 0.5, 1e300),
  content: fc.constantFrom(0, 0, 1, 7),
});

/** Words that can be found in the answer, and some that nobody says. */
const words = fc.oneof(
  { weight: 6, arbitrary: fc.nat({ max: 9_999 }).map((number) => ` word${number}.`) },
  { weight: 1, arbitrary: fc.constantFrom('', ' ', '\n', '\ufeff') },
  { weight: 1, arbitrary: hostileText },
);

const sound = fc.oneof(
  { weight: 4, arbitrary: fc.uint8Array({ maxLength: 9 }).map((bytes) => Buffer.from(bytes).toString('base64')) },
  { weight: 1, arbitrary: fc.constantFrom('====', '!', 'AAA', 'A===A', '-_-_', '\u0000', 'ÿ', 'A'.repeat(100_001)) },
  { weight: 1, arbitrary: hostileText },
);

const CODES = [
  ['invalid_request_error', 'invalid_value'],
  ['invalid_request_error', null],
  ['server_error', 'internal_error'],
  ['', ''],
  ['invalid_request_error', 'session_expired'],
  ['x', 'conversation_already_has_active_response'],
  ['rate_limit_error', 'rate_limit_exceeded'],
  ['x', 'insufficient_quota'],
  ['x', 'content_filter'],
  ['__proto__', 'constructor'],
] as const;

const MESSAGES = ['no', 'Please try again in 1.5s', 'try again in 6m0s', `try again in ${'9'.repeat(400)}h`];

const wireError = fc
  .tuple(fc.constantFrom(...CODES), fc.oneof(fc.constantFrom(...MESSAGES), hostileText))
  .map(([[type, code], message]) => ({ type, code, message }));

const eventId = fc.constantFrom(null, null, '@settings', '@item', '@create', 'evt_of_somebody');

const outputItem = fc.record({
  id: fc.constantFrom('item_1', 'item_2', '', undefined, 5),
  type: fc.constantFrom('message', 'function_call'),
  content: fc.array(fc.record({ type: fc.constant('output_audio'), transcript: words }), { maxLength: 2 }),
});

const done = fc
  .record({
    response,
    turn,
    status: fc.constantFrom('completed', 'completed', 'incomplete', 'cancelled', 'failed', 'in_progress', ''),
    details: fc.oneof(
      fc.constantFrom<unknown>(null, 'content_filter', { reason: 'max_output_tokens' }, { reason: 'content_filter' }),
      wireError.map((error) => ({ type: 'failed', error })),
    ),
    output: fc.array(outputItem, { maxLength: 2 }),
    usage: fc.constantFrom<unknown>(undefined, null, { output_token_details: { audio_tokens: 1e300 } }),
  })
  .map(wire.done);

/** Event names of other protocols, of the client library's internals, and of JavaScript. */
const ODD_TYPES = [
  ...['error', 'event', 'close', 'open', 'message', 'reconnecting', 'constructor', '__proto__', 'toString', ''],
  ...['response', 'response.', 'response.audio.delta', 'conversation.item.added', 'rate_limits.updated'],
];

const odd = fc
  .record({ type: fc.constantFrom(...ODD_TYPES), response_id: fc.option(response, { nil: undefined }) })
  .map((event) => event as wire.WireEvent);

const session = fc
  .record({
    type: fc.constantFrom('session.created', 'session.updated'),
    expires_at: fc.constantFrom<unknown>(undefined, null, 0, 1, 1e300, 'soon'),
  })
  .map(({ type, expires_at }) => ({ type, session: { id: 'sess_1', expires_at } }));

/** An event that matches its type, though it does not always make sense. */
export const goodEvent: Arbitrary<wire.WireEvent> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ response, turn }).map(wire.created) },
  { weight: 6, arbitrary: fc.tuple(words, at).map(([text, place]) => wire.transcriptDelta(text, place)) },
  { weight: 3, arbitrary: fc.tuple(words, at).map(([text, place]) => wire.textDelta(text, place)) },
  { weight: 1, arbitrary: fc.tuple(words, at).map(([text, place]) => wire.transcriptDone(text, place)) },
  { weight: 1, arbitrary: fc.tuple(words, at).map(([text, place]) => wire.textDone(text, place)) },
  { weight: 5, arbitrary: fc.tuple(sound, at).map(([delta, place]) => ({ ...wire.audioDelta([], place), delta })) },
  { weight: 1, arbitrary: at.map(wire.audioDone) },
  { weight: 1, arbitrary: done },
  { weight: 1, arbitrary: fc.tuple(wireError, eventId).map(([error, id]) => wire.errorEvent(error, id)) },
  { weight: 1, arbitrary: session },
  { weight: 2, arbitrary: odd },
);
