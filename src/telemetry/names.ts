/**
 * The names of metrics, spans and attributes. Names that begin with `gen_ai` are OpenTelemetry's conventions for
 * generative AI, which are still in development: https://github.com/open-telemetry/semantic-conventions-genai (metrics as
 * of gen-ai-token-metrics.md, span attributes as of pull request 440). Alerts of the deployment template use some of ours.
 */
export const METRICS = {
  /** Histogram, seconds, from the start of a turn to its sent reply, by result and channel. */
  turnDuration: 'voice_bot.turn.duration',
  /** Counter of turns whose user got an apology or nothing. Without attributes, so that an alert needs none. */
  turnsFailed: 'voice_bot.turns.failed',
  /** Histograms, seconds, from the start of a turn to its first text and its first audio, by channel. */
  timeToFirstText: 'voice_bot.turn.time_to_first_text',
  timeToFirstAudio: 'voice_bot.turn.time_to_first_audio',
  /** Histogram, seconds, from the acceptance of a message to the start of its turn, by channel. */
  queueWait: 'voice_bot.turn.queue_wait',
  /** Gauge: open sockets to the model. */
  sessionsOpen: 'voice_bot.sessions.open',
  /** Counter, by reason. */
  sessionsClosed: 'voice_bot.sessions.closed',
  /** Counters of billed tokens, by modality. Cached tokens are a part of the input tokens. */
  inputTokens: 'gen_ai.client.inference.usage.input_tokens',
  outputTokens: 'gen_ai.client.inference.usage.output_tokens',
  cachedTokens: 'gen_ai.client.inference.usage.cache_read.input_tokens',
  /** Histogram, seconds of a tool's call, by tool and error. */
  toolDuration: 'gen_ai.execute_tool.duration',
  /** Counter, seconds of audio that the model made. */
  audioSeconds: 'voice_bot.audio.seconds',
  /** Counters of calls to the channel that are retried, and that it answers with 429. */
  sendRetries: 'voice_bot.channel.retries',
  sendsThrottled: 'voice_bot.channel.throttled',
  /** Counter of activities that were delivered again, and dropped. */
  duplicates: 'voice_bot.activities.duplicate',
  /** Gauge, seconds: the 99th percentile of the event loop's delay since the last export. */
  eventLoopDelay: 'voice_bot.event_loop.delay',
  /** Counter of starts of the process. Without attributes, so that an alert needs none. */
  starts: 'voice_bot.process.starts',
} as const;

/** Attributes of spans and metrics. Spans also carry three of the metrics, so that percentiles can be queried. */
export const ATTRIBUTES = {
  result: 'voice_bot.result',
  channel: 'voice_bot.channel',
  reason: 'voice_bot.close.reason',
  /** The id of the turn in the log. */
  turnId: 'voice_bot.turn.id',
  errorType: 'error.type',
  serverAddress: 'server.address',
  operation: 'gen_ai.operation.name',
  provider: 'gen_ai.provider.name',
  model: 'gen_ai.request.model',
  conversation: 'gen_ai.conversation.id',
  outputType: 'gen_ai.output.type',
  responseId: 'gen_ai.response.id',
  toolName: 'gen_ai.tool.name',
  /** Always `function`: whatever the tool does, the model calls it as a function of its client. */
  toolType: 'gen_ai.tool.type',
  toolCallId: 'gen_ai.tool.call.id',
  modality: 'gen_ai.token.modality',
  inputTokens: 'gen_ai.usage.input_tokens',
  outputTokens: 'gen_ai.usage.output_tokens',
  cachedTokens: 'gen_ai.usage.cache_read.input_tokens',
} as const;

/** The steps of a turn. Each is a span below the span `turn`. */
export type Step = 'read' | 'connect' | 'generate' | 'send';

/** The metric that `npm run doctor` sends. */
export const DOCTOR_METRIC = 'voice_bot.doctor';
