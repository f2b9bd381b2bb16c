/**
 * The names under which metrics and spans leave this process: the one place that has to follow when a convention moves.
 * Names that begin with `gen_ai` are OpenTelemetry's conventions for generative AI, which are still in development:
 * https://github.com/open-telemetry/semantic-conventions-genai . Alerts of the deployment template name some of ours.
 */
export const METRICS = {
  /** Histogram, seconds, from the begin of a turn to its sent reply. Attributes: outcome, channel. */
  turnDuration: 'voice_bot.turn.duration',
  /** Counter without attributes, so that an alert needs none: turns that ended as `failed`. */
  turnsFailed: 'voice_bot.turns.failed',
  /** Histogram, seconds, from the begin of a turn to the first delta of its text, and of its sound. */
  timeToFirstText: 'voice_bot.turn.time_to_first_text',
  timeToFirstAudio: 'voice_bot.turn.time_to_first_audio',
  /** Histogram, seconds, from acceptance to the begin of the turn. */
  queueWait: 'voice_bot.turn.queue_wait',
  /** Gauge: open sockets to the model. */
  sessionsOpen: 'voice_bot.sessions.open',
  /** Counter, by reason. */
  sessionsClosed: 'voice_bot.sessions.closed',
  /** Counter, tokens, by direction, modality and whether they were read from the cache. */
  tokens: 'gen_ai.client.inference.tokens',
  /** Counter, seconds of sound in replies. */
  audioSeconds: 'voice_bot.audio.seconds',
  /** Counters of calls to the channel: tried again; answered with 429. */
  sendRetries: 'voice_bot.channel.retries',
  sendsThrottled: 'voice_bot.channel.throttled',
  /** Counter: activities that were delivered again, and dropped. */
  duplicates: 'voice_bot.activities.duplicate',
  /** Counter: messages of instances that are gone, answered here. */
  takeovers: 'voice_bot.messages.taken_over',
  /** Gauge, seconds: the worst delay of the event loop but one in a hundred since the last export. */
  eventLoopDelay: 'voice_bot.event_loop.delay',
  /** Counter without attributes, so that an alert needs none: starts of the process. */
  starts: 'voice_bot.process.starts',
} as const;
