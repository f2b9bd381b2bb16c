import * as wire from '../realtime/server-events.ts';
import type { ReceivedRequest } from '../support/raw-model.ts';
import {
  BROKE_OFF,
  begin,
  breaks,
  conflict,
  drops,
  errors,
  HALF_TOLD,
  type ModelFault,
  PROBLEM,
  RETRY_MS,
  SET_UP,
  SLOW,
  says,
  silent,
  USER,
} from './fault-answers.ts';

/** `error` events that are not followed by a `response.done`. */
export const ERROR_EVENTS: readonly ModelFault[] = [
  {
    name: 'a rejected item',
    answers: [errors({ code: 'invalid_value' }, 'conversation.item.create')],
    text: /couldn’t come up with an answer/,
    told: '',
    code: 'request_rejected',
  },
  {
    name: 'a rejected response.create',
    answers: [errors({ code: 'invalid_value' }, 'response.create')],
    text: /couldn’t come up with an answer/,
    told: '',
    code: 'request_rejected',
  },
  {
    name: 'an error without a name before response.created',
    answers: [errors({ type: 'server_error', code: 'server_error' }), says('Whole')],
    waitsMs: [RETRY_MS],
    text: /^Whole$/,
    audioBytes: 4,
    told: null,
  },
  ...(['server_error', 'rate_limit_exceeded', 'something_new'] as const).map((code) => ({
    name: `an error after response.created, without event id: ${code}`,
    answers: [
      (request: ReceivedRequest) => {
        begin(request);
        request.send(wire.errorEvent({ type: code, code }));
      },
      says('Whole'),
    ],
    waitsMs: [RETRY_MS],
    text: /^Whole$/,
    audioBytes: 4,
    told: null,
  })),
  {
    name: 'an error after response.created, without event id, that a retry does not mend',
    answers: [
      (request) => {
        begin(request);
        request.send(wire.errorEvent({ type: 'invalid_request_error', code: 'insufficient_quota' }));
      },
    ],
    text: SET_UP,
    told: USER,
    code: 'quota_exhausted',
  },
  {
    name: 'an error without event id in the middle of the answer',
    answers: [
      (request) => {
        begin(request, 'Half');
        request.send(wire.errorEvent({ type: 'server_error', code: 'server_error' }));
      },
    ],
    text: BROKE_OFF,
    audioBytes: 4,
    told: HALF_TOLD,
    code: 'server_error',
  },
  {
    name: 'another running response',
    answers: [errors(conflict, 'response.create'), says('Whole')],
    waitsMs: [RETRY_MS],
    text: /^Whole$/,
    audioBytes: 4,
    told: null,
  },
  {
    name: 'a session that has expired',
    answers: [errors({ code: 'session_expired', message: 'Your session hit the maximum duration.' }), says('Whole')],
    waitsMs: [RETRY_MS],
    text: /^Whole$/,
    audioBytes: 4,
    told: null,
  },
  {
    name: 'a session that expires in the middle',
    answers: [
      (request) => {
        begin(request, 'Half');
        request.send(wire.errorEvent({ code: 'session_expired' }));
        request.socket.close(1001);
      },
    ],
    text: BROKE_OFF,
    audioBytes: 4,
    told: HALF_TOLD,
    code: 'session_expired',
  },
  {
    name: 'rejected settings',
    refusals: [{ status: 503 }],
    answers: [errors({ code: 'invalid_value', message: 'no such voice' }, 'session.update')],
    waitsMs: [RETRY_MS],
    text: SET_UP,
    told: USER,
    code: 'settings_rejected',
  },
];

/** Faults of sockets and frames, and silence. */
export const BROKEN_SOCKETS: readonly ModelFault[] = [
  {
    name: 'a socket that drops before the answer',
    answers: [({ socket }) => socket.terminate(), says('Whole')],
    waitsMs: [RETRY_MS],
    text: /^Whole$/,
    audioBytes: 4,
    told: null,
  },
  {
    name: 'a socket that drops before the first delta',
    answers: [drops(), says('Whole')],
    waitsMs: [RETRY_MS],
    text: /^Whole$/,
    audioBytes: 4,
    told: null,
  },
  {
    name: 'a socket that drops after a delta',
    answers: [drops('Half')],
    text: BROKE_OFF,
    audioBytes: 4,
    told: HALF_TOLD,
  },
  { name: 'a frame that is no JSON', answers: [breaks('{nonsense')], text: BROKE_OFF, audioBytes: 4, told: HALF_TOLD },
  {
    name: 'a binary frame',
    answers: [breaks(Uint8Array.of(255, 0, 1))],
    text: BROKE_OFF,
    audioBytes: 4,
    told: HALF_TOLD,
  },
  { name: 'a frame that is no event', answers: [breaks('[1,2]')], text: BROKE_OFF, audioBytes: 4, told: HALF_TOLD },
  {
    name: 'an invalid frame with more right after it',
    answers: [
      (request) => {
        const { response, turn } = request;
        // Sent at once, so that it is read together with the frame that ends the turn.
        begin(request, 'Half');
        request.send('{nonsense', wire.transcriptDelta(' a hole', { response }), wire.done({ response, turn }));
      },
    ],
    text: BROKE_OFF,
    audioBytes: 4,
    told: HALF_TOLD,
  },
  {
    name: 'a frame beyond 16 MiB',
    answers: [breaks('x'.repeat(16 * 1024 * 1024 + 1))],
    text: BROKE_OFF,
    audioBytes: 4,
    told: HALF_TOLD,
    code: 'frame_too_large',
  },
  { name: 'no first event', answers: [silent], waitsMs: [15_000], text: SLOW, told: USER, code: 'first_event_timeout' },
  {
    name: 'silence in the middle',
    answers: [(request) => begin(request, 'Half')],
    waitsMs: [20_000],
    text: BROKE_OFF,
    audioBytes: 4,
    told: HALF_TOLD,
    code: 'silence_timeout',
  },
];

/** Faults of handshakes; each `code` is tried with a session that has to be reopened. */
const refused = (status: number, code: string, text: RegExp): ModelFault => ({
  name: `a handshake answered with ${status}`,
  refusals: [{ status }],
  answers: [],
  text,
  told: USER,
  code,
});
export const REFUSED_HANDSHAKES: readonly ModelFault[] = [
  refused(401, 'unauthorized', SET_UP),
  refused(403, 'forbidden', SET_UP),
  refused(404, 'deployment_not_found', SET_UP),
  {
    name: 'a handshake answered with 429 and Retry-After',
    refusals: [{ status: 429, headers: { 'retry-after': '3' } }],
    waitsMs: [3_000],
    answers: [says('Whole')],
    text: /^Whole$/,
    audioBytes: 4,
    told: null,
  },
  {
    name: 'a handshake answered with 503, three times',
    refusals: [{ status: 503 }, { status: 503 }, { status: 503 }],
    waitsMs: [RETRY_MS, 1_125],
    answers: [],
    text: PROBLEM,
    told: USER,
    code: 'service_unavailable',
  },
  {
    name: 'a handshake that is never answered',
    refusals: ['hang'],
    waitsMs: [10_000],
    answers: [],
    text: SLOW,
    told: USER,
    code: 'handshake_timeout',
  },
];
