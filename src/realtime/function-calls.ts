import type { ContentPart } from './content.ts';
import type { FunctionCall } from './server-event.ts';

/** The declaration of a function for the model: the wire form of any tool. */
export interface FunctionDefinition {
  readonly name: string;
  readonly description: string;
  /** JSON Schema of an object. */
  readonly parameters: Readonly<Record<string, unknown>>;
}

/** The results of the calls of one response. */
export interface CallOutputs {
  /** One output for each call. */
  readonly outputs: readonly { readonly callId: string; readonly output: string }[];
  /** Content that an output cannot hold, such as images. */
  readonly parts: readonly ContentPart[];
  /** Whether every call waits for the user's approval, so that the model has nothing to say yet. */
  readonly isWaiting: boolean;
}

/**
 * A call that a user has decided about, with its output. The model made it in an earlier response, perhaps of another
 * session, so both are created again for the response that tells the result.
 */
export interface DecidedCall {
  readonly name: string;
  /** The arguments as the model wrote them. */
  readonly argumentsText: string;
  readonly output: string;
  /** Content that the output cannot hold, such as images. */
  readonly parts: readonly ContentPart[];
}

/** The functions that the model may call in a turn, and the code that runs them. */
export interface TurnFunctions {
  /** The same functions give the same array: a session sends a list only if it is another array. */
  readonly definitions: readonly FunctionDefinition[];
  /** Rejects with the reason of `signal`, or with the error that ends the turn. */
  run(calls: readonly FunctionCall[], signal: AbortSignal): Promise<CallOutputs>;
}

/** Limits the responses of one turn. The last one may not call functions, so that the turn ends in an answer. */
export const MAX_RESPONSES = 5;

/** Names the second or a later response of a turn. The first one has the id of the turn as its name. */
export function laterResponseName(turnId: string, response: number): string {
  return `${turnId}.${response}`;
}

/** Whether the name belongs to a response of the turn. */
export function isOfTurn(name: string | undefined, turnId: string): boolean {
  return name === turnId || (name?.startsWith(`${turnId}.`) ?? false);
}
