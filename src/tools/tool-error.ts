import type { Retry } from '../errors.ts';

/**
 * Why a call came to nothing. `arguments_invalid`: they are no JSON, or not as the schema says. `tool_failed`: it ran
 * and says that it failed. `tool_timeout`: no result within its limit. `tool_unavailable`: its server cannot be reached,
 * and has not received the call. `outcome_unknown`: it may have been done.
 */
export type ToolErrorCode =
  | 'arguments_invalid'
  | 'tool_unknown'
  | 'tool_failed'
  | 'tool_timeout'
  | 'tool_unavailable'
  | 'outcome_unknown';

const TOOL_RETRY: Readonly<Record<ToolErrorCode, Retry>> = {
  arguments_invalid: 'never',
  tool_unknown: 'never',
  tool_failed: 'never',
  tool_timeout: 'unknown',
  tool_unavailable: 'safe',
  outcome_unknown: 'unknown',
};

/** A call without a result. The message is for the model and the log: it holds no secret and no stack. */
export class ToolError extends Error {
  override readonly name = 'ToolError';
  readonly code: ToolErrorCode;
  readonly retry: Retry;

  constructor(code: ToolErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.retry = TOOL_RETRY[code];
  }
}
