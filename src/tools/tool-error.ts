import { BotError } from '../errors.ts';

/**
 * Why a call has no result. `arguments_invalid`: they are not JSON or do not match the schema. `tool_failed`: it ran
 * and reported a failure. `tool_timeout`: no result within its limit. `tool_unavailable`: its server cannot be reached
 * and has not received the call. `outcome_unknown`: the call may have been done.
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

/** The service does not accept the definition of a function. The message names the function, and holds no setting. */
export class DefinitionError extends Error {
  override readonly name = 'DefinitionError';
}

/** A file of a function cannot be loaded. The message names the file and the line; `cause` has the stack. */
export class FunctionsError extends BotError<'functions_not_loaded'> {
  override readonly name = 'FunctionsError';

  constructor(cause: unknown) {
    super('functions_not_loaded', `a file in src/tools/functions cannot be used: ${loadFailureOf(cause)}`, { cause });
  }
}

/** Node puts the place of a syntax error above the stack. The message of any other error may quote a setting. */
function loadFailureOf(cause: unknown): string {
  const { stack = '', message } = cause instanceof Error ? cause : new Error();
  const [, place] = /^file:\/\/(\S+:\d+)\n/.exec(stack) ?? [];
  if (place !== undefined) return `${place}: ${message}`;
  const caller = /src\/tools\/functions\/[^\s:]+:\d+/.exec(stack)?.[0];
  if (cause instanceof DefinitionError) return caller === undefined ? message : `${caller}: ${message}`;
  return caller ?? 'see the stack';
}
