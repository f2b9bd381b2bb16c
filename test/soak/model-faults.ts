import type { SimulatorOptions } from '../../dev/simulator/simulator.ts';
import { createRandom, type Random } from '../support/kit/random.ts';

/** In 1,000 answers of the model. */
const WEIGHTS = {
  none: 640,
  slow: 60,
  /** Audio larger than the whole audio store: it is sent inline, or uploaded. */
  long: 8,
  twoItems: 20,
  foreignFrames: 25,
  text: 20,
  empty: 5,
  rateLimited: 30,
  serverError: 30,
  failedAfterDeltas: 12,
  filtered: 15,
  tooLong: 15,
  lostBeforeDeltas: 20,
  lostAfterDeltas: 15,
  closedBeforeDeltas: 10,
  conflict: 15,
  malformedBefore: 12,
  malformedAfter: 10,
  expired: 12,
  /** The bot waits 15 s for a first event, and 20 s for each further one. */
  silentHang: 4,
  hang: 4,
  hangAfterDeltas: 3,
} as const;

export type ModelFault = keyof typeof WEIGHTS;

/** The bot has to deliver these completely if time is left. */
export const WHOLE: ReadonlySet<ModelFault> = new Set(['none', 'slow', 'long', 'twoItems', 'foreignFrames']);
/** No delta was sent: only then may the bot retry. */
export const UNBEGUN: ReadonlySet<ModelFault> = new Set([
  ...(['empty', 'rateLimited', 'serverError', 'lostBeforeDeltas', 'closedBeforeDeltas', 'conflict'] as const),
  ...(['malformedBefore', 'expired', 'silentHang', 'hang'] as const),
]);

export function drawModelFault(random: Random): ModelFault {
  return random.weighted(WEIGHTS);
}

/** The answer to a handshake: nearly always 101. */
export function drawRefusal(random: Random): { fault: string; refusal: ReturnType<NonNullable<Refuse>> } {
  const fault = random.weighted({ none: 950, unauthorized: 5, throttled: 17, unavailable: 25, hang: 3 });
  switch (fault) {
    case 'none':
      return { fault, refusal: undefined };
    case 'unauthorized':
      return { fault, refusal: { status: 401 } };
    case 'throttled':
      return { fault, refusal: { status: 429, headers: { 'Retry-After': '1' } } };
    case 'unavailable':
      return { fault, refusal: { status: 503 } };
    case 'hang':
      return { fault, refusal: 'hang' };
  }
}

type Refuse = SimulatorOptions['refuse'];

/** The generator for one answer to one message. */
export function randomOfAsk(seed: number, token: string, ask: number): Random {
  return createRandom(seed, 'model', token, ask);
}
