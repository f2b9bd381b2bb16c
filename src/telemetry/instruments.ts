import type { Meter } from '@opentelemetry/api';

/** Metrics that the span of a turn carries, too, so that percentiles can be queried. */
export const SPAN_METRICS = {
  queueWait: 'voice_bot.turn.queue_wait',
  timeToFirstText: 'voice_bot.turn.time_to_first_text',
  timeToFirstAudio: 'voice_bot.turn.time_to_first_audio',
} as const;

/** The buckets that the conventions advise for model operations, and larger ones. */
const DURATIONS = { unit: 's', advice: { explicitBucketBoundaries: [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 45, 90] } };
const TOKENS = { unit: '{token}' };

/**
 * Creates the instruments of all metrics. Names that begin with `gen_ai` are OpenTelemetry's conventions for generative
 * AI: https://github.com/open-telemetry/semantic-conventions-genai (as of pull request 440, gen-ai-token-metrics.md).
 * Alerts of the deployment template use `turnsFailed` and `starts`: these have no attributes.
 */
export function createInstruments(meter: Meter) {
  return {
    /** From the start of a turn to its sent reply, by result and channel. */
    turnDuration: meter.createHistogram('voice_bot.turn.duration', DURATIONS),
    /** From the start of a turn to its first text and its first audio, by channel. */
    timeToFirstText: meter.createHistogram(SPAN_METRICS.timeToFirstText, DURATIONS),
    timeToFirstAudio: meter.createHistogram(SPAN_METRICS.timeToFirstAudio, DURATIONS),
    /** From the acceptance of a message to the start of its turn, by channel. */
    queueWait: meter.createHistogram(SPAN_METRICS.queueWait, DURATIONS),
    /** Turns that ended as `failed` or `unsent`. */
    turnsFailed: meter.createCounter('voice_bot.turns.failed'),
    /** Open sockets to the model. */
    sessionsOpen: meter.createObservableGauge('voice_bot.sessions.open'),
    /** By reason. */
    sessionsClosed: meter.createCounter('voice_bot.sessions.closed'),
    /** Billed tokens, by modality. Cached tokens are a part of the input tokens. */
    inputTokens: meter.createCounter('gen_ai.client.inference.usage.input_tokens', TOKENS),
    outputTokens: meter.createCounter('gen_ai.client.inference.usage.output_tokens', TOKENS),
    cachedTokens: meter.createCounter('gen_ai.client.inference.usage.cache_read.input_tokens', TOKENS),
    /** The duration of a tool's call, by tool and error. */
    toolDuration: meter.createHistogram('gen_ai.execute_tool.duration', DURATIONS),
    /** Audio that the model made. */
    audioSeconds: meter.createCounter('voice_bot.audio.seconds', { unit: 's' }),
    /** Calls to the channel that are retried, and that it answers with 429. */
    sendRetries: meter.createCounter('voice_bot.channel.retries'),
    sendsThrottled: meter.createCounter('voice_bot.channel.throttled'),
    /** Activities that were delivered again, and dropped. */
    duplicates: meter.createCounter('voice_bot.activities.duplicate'),
    /** The 99th percentile of the event loop's delay since the last export. */
    eventLoopDelay: meter.createObservableGauge('voice_bot.event_loop.delay', { unit: 's' }),
    /** Starts of the process. */
    starts: meter.createCounter('voice_bot.process.starts'),
  };
}

export type Instruments = ReturnType<typeof createInstruments>;
