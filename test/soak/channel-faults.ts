import type { Random } from '../support/kit/random.ts';

/** The channel's reaction to a call. */
export interface ChannelAct {
  /** In 1,000 calls. */
  readonly weight: number;
  /** Whether the user sees the message. */
  readonly isShown: boolean;
  /** The response; without one the connection is reset, or stays silent. */
  readonly status?: number;
  readonly isSilent?: boolean;
  readonly retryAfterSeconds?: number;
  readonly delayMs?: readonly [least: number, most: number];
}

/** All reactions of a channel. The bot gives up a silent call after 15 s, so these are rare. */
export const CHANNEL_FAULTS = {
  none: { weight: 880, isShown: true, status: 200 },
  slow: { weight: 25, isShown: true, status: 200, delayMs: [1_000, 4_000] },
  verySlow: { weight: 2, isShown: true, status: 200, delayMs: [8_000, 13_000] },
  throttled: { weight: 15, isShown: false, status: 429 },
  throttledWithWait: { weight: 15, isShown: false, status: 429, retryAfterSeconds: 1 },
  throttledForLong: { weight: 1, isShown: false, status: 429, retryAfterSeconds: 120 },
  conflict412: { weight: 8, isShown: false, status: 412 },
  error500: { weight: 5, isShown: false, status: 500 },
  error502: { weight: 10, isShown: false, status: 502 },
  error503: { weight: 10, isShown: false, status: 503 },
  error504: { weight: 10, isShown: false, status: 504 },
  resetUntaken: { weight: 4, isShown: false },
  resetTaken: { weight: 4, isShown: true },
  silentUntaken: { weight: 1, isShown: false, isSilent: true },
  silentTaken: { weight: 1, isShown: true, isSilent: true },
  /** Only for messages with audio: without it they are accepted. */
  tooLarge413: { weight: 6, isShown: false, status: 413 },
  /** From then on the channel rejects everything in this conversation. */
  gone403: { weight: 0.5, isShown: false, status: 403 },
  gone404: { weight: 0.5, isShown: false, status: 404 },
} as const satisfies Record<string, ChannelAct>;

export type ChannelFault = keyof typeof CHANNEL_FAULTS;

/** The statuses after which the bot retries, at most three times within the time of a turn. */
export const RETRIED: ReadonlySet<number | undefined> = new Set([412, 429, 502, 503, 504]);
/** The bot's longest backoff before its first, second and third retry. */
export const LONGEST_BACKOFF_MS = [750, 1_500, 3_000] as const;

const WEIGHTS = Object.fromEntries(
  Object.entries(CHANNEL_FAULTS).map(([name, { weight }]) => [name, weight]),
) as Record<ChannelFault, number>;

/** Draws a fault that applies to this call: an upload cannot end its conversation. */
export function drawChannelFault(random: Random, call: { hasAudio: boolean; isUpload: boolean }): ChannelFault {
  for (;;) {
    const fault = random.weighted(WEIGHTS);
    if (fault === 'tooLarge413' && !call.hasAudio) continue;
    if (call.isUpload && goneStatus(fault) !== undefined) continue;
    return fault;
  }
}

export function goneStatus(fault: ChannelFault): 403 | 404 | undefined {
  if (fault === 'gone403') return 403;
  return fault === 'gone404' ? 404 : undefined;
}
