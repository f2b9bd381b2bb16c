/**
 * The names under which metrics and spans leave this process: the one place that has to follow when a convention moves.
 * Names that begin with `gen_ai` are OpenTelemetry's conventions for generative AI, which are still in development:
 * https://github.com/open-telemetry/semantic-conventions-genai (metrics as of gen-ai-token-metrics.md, attributes of
 * spans as of pull request 440). Alerts of the deployment template name some of ours.
 */
export const METRICS = {
  /** Histogram, seconds, from the begin of a turn to its sent reply, by outcome and channel. */
  turnDuration: 'voice_bot.turn.duration',
  /** Counter without attributes, so that an alert needs none: turns whose user got an apology, or nothing. */
  turnsFailed: 'voice_bot.turns.failed',
  /** Histograms, seconds, from the begin of a turn to the first of its text, and of its sound, by channel. */
  timeToFirstText: 'voice_bot.turn.time_to_first_text',
  timeToFirstAudio: 'voice_bot.turn.time_to_first_audio',
  /** Histogram, seconds, from the acceptance of a message to the begin of its turn, by channel. */
  queueWait: 'voice_bot.turn.queue_wait',
  /** Gauge: open sockets to the model. */
  sessionsOpen: 'voice_bot.sessions.open',
  /** Counter, by reason. */
  sessionsClosed: 'voice_bot.sessions.closed',
  /** Counters of what the service bills, by modality; cached ones are a part of those that were read. */
  inputTokens: 'gen_ai.client.inference.usage.input_tokens',
  outputTokens: 'gen_ai.client.inference.usage.output_tokens',
  cachedTokens: 'gen_ai.client.inference.usage.cache_read.input_tokens',
  /** Counter, seconds of sound that the model made. */
  audioSeconds: 'voice_bot.audio.seconds',
  /** Counters of calls to the channel: made again, and answered with 429. */
  sendRetries: 'voice_bot.channel.retries',
  sendsThrottled: 'voice_bot.channel.throttled',
  /** Counter: activities that were delivered again, and dropped. */
  duplicates: 'voice_bot.activities.duplicate',
  /** Gauge, seconds: the delay of the event loop that one in a hundred exceeds, since the last export. */
  eventLoopDelay: 'voice_bot.event_loop.delay',
  /** Counter without attributes, so that an alert needs none: starts of the process. */
  starts: 'voice_bot.process.starts',
} as const;

/** What stands on spans and metrics besides their values. */
export const ATTRIBUTES = {
  outcome: 'voice_bot.outcome',
  channel: 'voice_bot.channel',
  reason: 'voice_bot.close.reason',
  /** The turn's name in the log. */
  turnId: 'voice_bot.turn.id',
  /** Seconds; on the span of the turn, so that percentiles can be asked for. */
  timeToFirstText: 'voice_bot.turn.time_to_first_text',
  timeToFirstAudio: 'voice_bot.turn.time_to_first_audio',
  queueWait: 'voice_bot.turn.queue_wait',
  errorType: 'error.type',
  serverAddress: 'server.address',
  operation: 'gen_ai.operation.name',
  provider: 'gen_ai.provider.name',
  model: 'gen_ai.request.model',
  conversation: 'gen_ai.conversation.id',
  outputType: 'gen_ai.output.type',
  responseId: 'gen_ai.response.id',
  modality: 'gen_ai.token.modality',
  inputTokens: 'gen_ai.usage.input_tokens',
  outputTokens: 'gen_ai.usage.output_tokens',
  cachedTokens: 'gen_ai.usage.cache_read.input_tokens',
} as const;

/** The convention's word for making content of several kinds. */
export const GENERATE_OPERATION = 'generate_content';

/** The spans: one for each turn, and its steps below it. */
export const SPANS = {
  turn: 'turn',
  /** Files that came along are fetched and read. */
  read: 'read',
  connect: 'connect',
  generate: 'generate',
  tools: 'tools',
  send: 'send',
} as const;

/** A step of a turn. */
export type Step = Exclude<keyof typeof SPANS, 'turn'>;

/** What `npm run doctor` sends to try whether it is taken. */
export const DOCTOR_METRIC = 'voice_bot.doctor';
