/** What the model says in one turn, already in the pieces in which it comes. */
export interface ScriptedTurn {
  readonly words: readonly string[];
  readonly audio: readonly Buffer[];
}

/** One event of the wire around what differs from turn to turn: the places of ids and of the metadata are marked. */
export type Frame = readonly string[];

export interface TurnFrames {
  /** In order, up to and with the last delta. */
  readonly deltas: readonly Frame[];
  readonly ending: readonly Frame[];
}

const ID = '@id@';
const METADATA = '"@metadata@"';
const MARKS = new RegExp(`(${ID}|${METADATA})`);
/** 50 ms of speech. */
const BYTES_PER_AUDIO_TOKEN = 2_400;

/** The turn of the figures: 26 transcript deltas, 28 audio deltas, 300 kB of PCM (6.25 s). */
export const FULL_TURN: ScriptedTurn = {
  words: Array.from({ length: 26 }, (_, index) => `${index === 0 ? '' : ' '}word${index}`),
  audio: toPieces(300_000, 28),
};

/** 200 characters and a tenth of a second: for what is remembered of conversations, not for speed. */
export const LIGHT_TURN: ScriptedTurn = {
  words: Array.from({ length: 4 }, () => 'all work and no play makes a rather dull exchange.'),
  audio: toPieces(4_800, 2),
};

/** A message that begins with this gets the light turn. */
export const LIGHT_PREFIX = 'light';

/** A message that begins with this gets a call of a tool first, and the full turn after its output. */
export const CALL_PREFIX = 'call';
/** A function of the bot that takes no time. */
const CALL = { name: 'order_status', arguments: '{"orderNumber":"4711"}' };

/** The events of a response that is one call of a tool. */
export function toCallFrames(): TurnFrames {
  const call = { id: `item_${ID}`, object: 'realtime.item', type: 'function_call', call_id: `call_${ID}`, ...CALL };
  const begun = { ...call, status: 'in_progress', arguments: '' };
  const finished = { ...call, status: 'completed' };
  const output = { response_id: `resp_${ID}`, output_index: 0 };
  const at = { ...output, item_id: call.id, call_id: call.call_id };
  return {
    deltas: [
      { type: 'response.created', response: response('in_progress', [], null) },
      { type: 'response.output_item.added', ...output, item: begun },
      { type: 'conversation.item.added', previous_item_id: null, item: begun },
      { type: 'response.function_call_arguments.delta', ...at, delta: CALL.arguments },
    ].map(toFrame),
    ending: [
      { type: 'response.function_call_arguments.done', ...at, ...CALL },
      { type: 'conversation.item.done', previous_item_id: null, item: finished },
      { type: 'response.output_item.done', ...output, item: finished },
      { type: 'response.done', response: response('completed', [finished], usage(10, 0)) },
      { type: 'rate_limits.updated', rate_limits: [] },
    ].map(toFrame),
  };
}

/** The events of a turn in the order of the service, serialised but for ids and metadata. */
export function toFrames({ words, audio }: ScriptedTurn): TurnFrames {
  const text = words.join('');
  const audioBytes = audio.reduce((sum, piece) => sum + piece.byteLength, 0);
  const item = (status: string, content: unknown[]) => ({
    id: `item_${ID}`,
    object: 'realtime.item',
    type: 'message',
    status,
    role: 'assistant',
    content,
  });
  const begun = item('in_progress', []);
  const finished = item('completed', [{ type: 'output_audio', transcript: text }]);
  const at = { response_id: `resp_${ID}`, item_id: `item_${ID}`, output_index: 0, content_index: 0 };
  const output = { response_id: `resp_${ID}`, output_index: 0 };
  const deltas = audio.flatMap((piece, index) => [
    ...(index < words.length ? [{ type: 'response.output_audio_transcript.delta', ...at, delta: words[index] }] : []),
    { type: 'response.output_audio.delta', ...at, delta: piece.toString('base64') },
  ]);
  return {
    deltas: [
      { type: 'response.created', response: response('in_progress', [], null) },
      { type: 'response.output_item.added', ...output, item: begun },
      { type: 'conversation.item.added', previous_item_id: null, item: begun },
      { type: 'response.content_part.added', ...at, part: { type: 'audio', transcript: '' } },
      ...deltas,
    ].map(toFrame),
    ending: [
      { type: 'response.output_audio.done', ...at },
      { type: 'response.output_audio_transcript.done', ...at, transcript: text },
      { type: 'response.content_part.done', ...at, part: { type: 'audio', transcript: text } },
      { type: 'conversation.item.done', previous_item_id: null, item: finished },
      { type: 'response.output_item.done', ...output, item: finished },
      { type: 'response.done', response: response('completed', [finished], usage(words.length, audioBytes)) },
      { type: 'rate_limits.updated', rate_limits: [] },
    ].map(toFrame),
  };
}

/** The event as it goes out for one response. */
export function fill(frame: Frame, id: string, metadata: string): string {
  return frame.map((piece) => (piece === ID ? id : piece === METADATA ? metadata : piece)).join('');
}

function toFrame(event: object, index: number): Frame {
  return JSON.stringify({ event_id: `event_${ID}_${index}`, ...event }).split(MARKS);
}

function response(status: string, output: unknown[], usage: unknown) {
  return {
    object: 'realtime.response',
    id: `resp_${ID}`,
    status,
    status_details: null,
    output,
    conversation_id: `conv_${ID}`,
    output_modalities: ['audio'],
    max_output_tokens: 'inf',
    audio: { output: { format: { type: 'audio/pcm', rate: 24_000 }, voice: 'alloy' } },
    metadata: JSON.parse(METADATA),
    usage,
  };
}

function usage(textTokens: number, audioBytes: number) {
  const audioTokens = audioBytes / BYTES_PER_AUDIO_TOKEN;
  return {
    total_tokens: 100 + textTokens + audioTokens,
    input_tokens: 100,
    output_tokens: textTokens + audioTokens,
    input_token_details: { text_tokens: 100, audio_tokens: 0, image_tokens: 0, cached_tokens: 0 },
    output_token_details: { text_tokens: textTokens, audio_tokens: audioTokens },
  };
}

/** Whole samples in each piece; the last one takes what is left. */
function toPieces(byteLength: number, count: number): Buffer[] {
  const pcm = Buffer.from(Uint8Array.from({ length: byteLength }, (_, index) => (index * 167) % 251));
  const pieceBytes = Math.floor(byteLength / count / 2) * 2;
  return Array.from({ length: count }, (_, index) =>
    pcm.subarray(index * pieceBytes, index === count - 1 ? byteLength : (index + 1) * pieceBytes),
  );
}
