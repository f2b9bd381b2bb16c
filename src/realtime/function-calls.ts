import type { ContentPart } from './content.ts';
import type { FunctionCall } from './server-event.ts';

/** A function as the model is told of it. */
export interface FunctionDefinition {
  readonly name: string;
  readonly description: string;
  /** JSON Schema of an object. */
  readonly parameters: Readonly<Record<string, unknown>>;
}

/** What the calls of one response came to. */
export interface CallOutputs {
  /** One for each call. */
  readonly outputs: readonly { readonly callId: string; readonly output: string }[];
  /** What no output can hold, such as pictures. */
  readonly parts: readonly ContentPart[];
  /** Whether there is nothing to say about them yet: every call waits for the user. */
  readonly isWaiting: boolean;
}

/** The functions that the model may call in a turn, and what runs them. */
export interface TurnFunctions {
  /** The same list for the same functions: a session is told of a list that it has not seen. */
  readonly definitions: readonly FunctionDefinition[];
  /** Rejects with the reason of `signal`, or with what keeps the turn from going on. */
  run(calls: readonly FunctionCall[], signal: AbortSignal): Promise<CallOutputs>;
}

/** Of one turn; the last one has to end in words. */
export const MAX_RESPONSES = 5;

/** The name of a turn's second response, and of those that follow. */
export function laterResponse(turnId: string, response: number): string {
  return `${turnId}.${response}`;
}

/** Whether a name is that of the turn's first response, or of a later one. */
export function isOfTurn(name: string | undefined, turnId: string): boolean {
  return name === turnId || (name?.startsWith(`${turnId}.`) ?? false);
}
