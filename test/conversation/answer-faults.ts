import * as wire from '../realtime/server-events.ts';
import {
  BROKE_OFF,
  begin,
  end,
  ends,
  errors,
  failedBy,
  filter,
  HALF_TOLD,
  type ModelFault,
  PROBLEM,
  RETRY_MS,
  SOUND,
  says,
  USER,
} from './fault-answers.ts';

/** Answers that are odd, and whole. */
export const ODD_ANSWERS: readonly ModelFault[] = [
  {
    name: 'audio after output_audio.done',
    answers: [
      (asked) => {
        const { response, send } = asked;
        begin(asked, 'Whole');
        send(wire.audioDone({ response }), wire.audioDelta(SOUND, { response }));
        end(asked);
      },
    ],
    text: /^Whole$/,
    audioBytes: 8,
    told: null,
  },
  {
    name: 'several items with gaps, out of order',
    answers: [
      (asked) => {
        const { response, send } = asked;
        const later = { response, item: 'item_b', output: 4, content: 2 };
        begin(asked, 'First');
        send(wire.transcriptDelta('Last', later), wire.audioDelta(SOUND, later));
        send(wire.audioDelta(SOUND, { response, item: 'item_a', output: 2, content: 1 }));
        end(asked);
      },
    ],
    text: /^First\n\nLast$/,
    audioBytes: 12,
    told: null,
  },
  {
    name: 'foreign frames between',
    answers: [
      (asked) => {
        const foreign = { response: 'resp_foreign' };
        begin(asked, 'Whole');
        asked.send(wire.created({ ...foreign, turn: 'foreign' }), wire.transcriptDelta('Foreign', foreign));
        asked.send(wire.audioDelta(SOUND, foreign), wire.done({ ...foreign, turn: 'foreign' }), { type: 'unknown' });
        asked.send(wire.errorEvent({ code: 'invalid_value' }, 'event_of_nobody'));
        end(asked);
      },
    ],
    text: /^Whole$/,
    audioBytes: 4,
    told: null,
  },
  {
    name: 'sound that is shorter than the usage says',
    answers: [ends({ usage: { output_token_details: { audio_tokens: 40 } } }, 'Whole')],
    text: /^Whole$/,
    audioBytes: 4,
    told: null,
    logged: 'audio received shorter than its usage',
  },
  {
    name: 'an end by length',
    answers: [ends({ status: 'incomplete', details: { reason: 'max_output_tokens' } }, 'Half')],
    text: /^Half\n\n\(I stopped here because the answer was getting too long/,
    audioBytes: 4,
    told: null,
  },
  {
    name: 'in events of the preview protocol',
    answers: [
      (asked) => {
        const { response, turn } = asked;
        begin(asked);
        for (const type of ['response.audio_transcript.delta', 'response.audio.delta', 'response.audio.delta'])
          asked.send({ ...wire.transcriptDelta('AAAA', { response }), type });
        asked.send(wire.done({ response, turn, output: [wire.outputItem('Whole', { type: 'audio' })] }));
      },
    ],
    text: /^Whole$/,
    told: null,
    logged: 'event of the preview protocol received: the address or model is not GA',
  },
  {
    name: 'text instead of speech',
    answers: [
      (asked) => {
        asked.send(wire.created(asked), wire.textDelta('Only text', asked));
        end(asked);
      },
    ],
    text: /^Only text$/,
    told: null,
  },
];

/** Ends that the service gives. */
export const FAILED_ANSWERS: readonly ModelFault[] = [
  {
    name: 'the content filter as a reason',
    answers: [ends({ status: 'incomplete', details: filter }, 'Half')],
    text: /^I stopped this answer because of my content rules/,
    told: '',
  },
  {
    name: 'the content filter as an error',
    answers: [ends(wire.failedBy({ code: 'content_filter' }), 'Half')],
    text: /^I stopped this answer because of my content rules/,
    told: '',
  },
  {
    name: 'a rate limit that says when to come again',
    answers: [failedBy('rate_limit_exceeded', 'Please try again in 2.5s.'), says('Whole')],
    waitsMs: [2_500],
    text: /^Whole$/,
    audioBytes: 4,
    told: null,
  },
  {
    name: 'a rate limit that stays',
    answers: Array.from({ length: 3 }, () => failedBy('inference_rate_limit_exceeded')),
    waitsMs: [RETRY_MS, 1_125],
    text: /Too many people are talking to me/,
    told: USER,
    code: 'rate_limited',
  },
  {
    name: 'a rate limit beyond the time of the turn',
    answers: [failedBy('rate_limit_exceeded', 'Please try again in 6m0s.')],
    text: /Too many people are talking to me/,
    told: USER,
    code: 'rate_limited',
  },
  {
    name: 'a rate limit as an error event alone',
    answers: [errors({ type: 'rate_limit_error', code: 'rate_limit_exceeded' }), says('Whole')],
    waitsMs: [RETRY_MS],
    text: /^Whole$/,
    audioBytes: 4,
    told: null,
  },
  {
    name: 'an error of the server, once',
    answers: [failedBy('server_error'), says('Whole')],
    waitsMs: [RETRY_MS],
    text: /^Whole$/,
    audioBytes: 4,
    told: null,
  },
  {
    name: 'an error of the server, twice',
    answers: [failedBy('server_error'), failedBy('server_error')],
    waitsMs: [RETRY_MS],
    text: PROBLEM,
    told: USER,
    code: 'server_error',
  },
  {
    name: 'an error of the server after it began',
    answers: [ends(wire.failedBy({ type: 'server_error' }), 'Half')],
    text: BROKE_OFF,
    audioBytes: 4,
    told: HALF_TOLD,
    code: 'server_error',
  },
  {
    name: 'neither text nor sound',
    answers: [ends({})],
    text: /couldn’t come up with an answer/,
    told: USER,
    code: 'empty_response',
  },
];
