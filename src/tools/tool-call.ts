import { hash } from 'node:crypto';
import { argumentsJson } from './call-text.ts';
import type { Source, Tool, ToolImage } from './tool.ts';
import type { ToolErrorCode } from './tool-error.ts';

export interface ToolCall {
  readonly callId: string;
  readonly name: string;
  /** The arguments as the model wrote them: mostly JSON. */
  readonly argumentsText: string;
}

/**
 * How a call ended. `waiting`: the user has to approve it. `denied`: the user has denied it. `doneBefore`: an earlier
 * attempt at the turn has done it. `unknown`: an interrupted attempt may have done it, the connection was lost during
 * the call, or a function that changes something threw.
 */
export type CallEnd =
  | { readonly kind: 'done' | 'waiting' | 'denied' | 'doneBefore' | 'unknown' | 'tooMany' }
  | { readonly kind: 'failed'; readonly code: ToolErrorCode };

/** The result of a call for the model and for the turn. */
export interface CallResult {
  readonly call: ToolCall;
  /** `undefined` if this person has no tool of that name. */
  readonly tool: Tool | undefined;
  readonly end: CallEnd;
  /** The output for the model. Every call has one, whatever its end. */
  readonly output: string;
  readonly images: readonly ToolImage[];
  readonly sources: readonly Source[];
  readonly tookMs: number;
}

/** Identifies calls with the same arguments, however they are written, without storing the arguments. */
export function argumentsHash({ argumentsText }: Pick<ToolCall, 'argumentsText'>): string {
  return hash('sha256', canonicalJson(argumentsJson(argumentsText)), 'hex').slice(0, 32);
}

/** Sorts the keys of all objects; text that is not JSON stays as it is. */
function canonicalJson(text: string): string {
  const sorted = (_: string, value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : value;
  try {
    return JSON.stringify(JSON.parse(text), sorted);
  } catch {
    return text;
  }
}
