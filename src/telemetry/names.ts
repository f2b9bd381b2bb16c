/** Metrics that the span of a turn carries, too, so that percentiles can be queried. */
export const SPAN_METRICS = {
  queueWait: 'voice_bot.turn.queue_wait',
  timeToFirstText: 'voice_bot.turn.time_to_first_text',
  timeToFirstAudio: 'voice_bot.turn.time_to_first_audio',
} as const;

/**
 * Attributes of spans and metrics. Names that begin with `gen_ai` are OpenTelemetry's conventions for generative AI, which
 * are still in development: https://github.com/open-telemetry/semantic-conventions-genai (attributes as of pull request 440).
 */
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
