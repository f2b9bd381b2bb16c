import { BotError } from '../errors.ts';

/**
 * Why a call has no result. `arguments_invalid`: they are not JSON or do not match the schema. `tool_failed`: it ran and
 * reported a failure. `tool_timeout`: no result within its limit. `tool_unavailable`: its server cannot be reached and has
 * not received the call. `outcome_unknown`: the call may have been done.
 */
export type ToolErrorCode =
  | 'arguments_invalid'
  | 'tool_unknown'
  | 'tool_failed'
  | 'tool_timeout'
  | 'tool_unavailable'
  | 'outcome_unknown';

/** A call has no result. The message is for the model and the log and holds neither secrets nor a stack. */
export class ToolError extends Error {
  override readonly name = 'ToolError';
  readonly code: ToolErrorCode;

  constructor(code: ToolErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** A file of a function throws when it is loaded. `cause` has its stack. */
export class FunctionsError extends BotError<'functions_not_loaded'> {
  override readonly name = 'FunctionsError';

  constructor(options: ErrorOptions) {
    super('functions_not_loaded', 'a file in src/tools/functions cannot be loaded', options);
  }
}
