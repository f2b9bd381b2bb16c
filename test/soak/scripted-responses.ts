import type { Ending, ExtraFrame, ScriptedItem, ScriptedResponse } from '../../dev/simulator/responder.ts';
import { audioOf } from '../support/kit/judge.ts';
import type { Random } from '../support/kit/random.ts';
import type { ModelFault } from './model-faults.ts';

/** An answer. Every sample of its audio is the number of the conversation. */
export interface Answer {
  readonly text: string;
  readonly sample: number;
}

const COMPLETED: Ending = { kind: 'completed' };
const LONG_MS = 25_000;
const PIECE_MS = 250;

/** The response with this answer and fault. */
export function scriptedResponse(fault: ModelFault, answer: Answer, random: Random): ScriptedResponse {
  const output: ScriptedItem = { text: answer.text, pcm: audioOf(answer.sample, PIECE_MS * random.integer(2, 4)) };
  const ended = (ending: Ending, outputs: readonly ScriptedItem[] = [output]): ScriptedResponse => ({
    outputs,
    ending,
  });
  const failed = (code: string, message: string, outputs: readonly ScriptedItem[] = []) =>
    ended({ kind: 'failed', error: { type: code, code, message } }, outputs);
  switch (fault) {
    case 'none':
      return { ...ended(COMPLETED), delayMs: random.integer(0, 300) };
    case 'slow':
      return { ...ended(COMPLETED), delayMs: random.integer(700, 8_000) };
    case 'long':
      return ended(COMPLETED, [{ text: answer.text, pcm: audioOf(answer.sample, LONG_MS) }]);
    case 'twoItems':
      return ended(COMPLETED, [output, { ...output, text: 'And that was all.' }]);
    case 'foreignFrames':
      return { ...ended(COMPLETED), frames: foreignFrames() };
    case 'text':
      return ended(COMPLETED, [{ text: answer.text, modality: 'text' }]);
    case 'empty':
      return ended(COMPLETED, []);
    case 'rateLimited':
      return failed('rate_limit_exceeded', 'Rate limit reached. Please try again in 200ms.');
    case 'serverError':
      return failed('server_error', 'The server had an error.');
    case 'failedAfterDeltas':
      return failed('server_error', 'The server had an error.', [output]);
    case 'filtered':
      return ended({ kind: 'incomplete', reason: 'content_filter' });
    case 'tooLong':
      return ended({ kind: 'incomplete', reason: 'max_output_tokens' });
    case 'lostBeforeDeltas':
      return ended({ kind: 'disconnect', afterDeltas: 0 });
    case 'lostAfterDeltas':
      return ended({ kind: 'disconnect', afterDeltas: 1 });
    case 'closedBeforeDeltas':
      return ended({ kind: 'disconnect', afterDeltas: 0, code: 1011 });
    case 'conflict':
      return ended({ kind: 'reject', error: CONFLICT });
    case 'malformedBefore':
      return { ...ended(COMPLETED), frames: [{ at: 'start', data: '{"type": "response.output_audio.del' }] };
    case 'malformedAfter':
      return { ...ended(COMPLETED), frames: [{ at: 'end', data: 'no JSON' }] };
    case 'expired':
      return { ...ended({ kind: 'disconnect', afterDeltas: 0, code: 1001 }), frames: [EXPIRED] };
    case 'silentHang':
      return ended({ kind: 'hang', afterDeltas: 0, created: false });
    case 'hang':
      return ended({ kind: 'hang', afterDeltas: 0 });
    case 'hangAfterDeltas':
      return ended({ kind: 'hang', afterDeltas: 1 });
  }
}

const CONFLICT = {
  type: 'invalid_request_error',
  code: 'conversation_already_has_active_response',
  message: 'Conversation already has an active response in progress: resp_other.',
} as const;

const EXPIRED: ExtraFrame = {
  at: 'start',
  data: {
    type: 'error',
    error: { type: 'invalid_request_error', code: 'session_expired', message: 'Your session hit …' },
  },
};

/** Frames of other responses: without a name, or with the name of another turn. */
function foreignFrames(): ExtraFrame[] {
  const position = (response_id: string) => ({ response_id, item_id: 'item_x', output_index: 0, content_index: 0 });
  const data = [
    { type: 'response.created', response: { id: 'resp_unnamed', status: 'in_progress' } },
    { type: 'response.output_audio_transcript.delta', ...position('resp_unnamed'), delta: 'c999999-m1 unnamed ' },
    { type: 'response.output_audio.delta', ...position('resp_unnamed'), delta: 'AAAA' },
    { type: 'response.created', response: { id: 'resp_other', status: 'in_progress', metadata: { turn: 'other' } } },
    { type: 'response.output_text.delta', ...position('resp_other'), delta: 'c999999-m2 other ' },
    { type: 'response.output_audio.delta', response_id: 'resp_other' },
    { type: 'error', error: { type: 'invalid_request_error', code: 'x', message: 'x', event_id: 'evt_of_nobody' } },
    { type: 'something.new', anything: [1, 2, 3] },
  ];
  const done = { type: 'response.done', response: { id: 'resp_other', status: 'completed', output: [] } };
  return [
    ...data.map((frame) => ({ at: 'beforeCreated' as const, data: frame })),
    { at: 'end', data: done },
    { at: 'end', data: { type: 'response.output_text.delta', ...position('resp_other'), delta: 'c999999-m3' } },
  ];
}
