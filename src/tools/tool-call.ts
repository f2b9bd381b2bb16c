import { createHash } from 'node:crypto';
import type { Source, Tool, ToolImage } from './tool.ts';
import type { ToolErrorCode } from './tool-error.ts';

/** A call as the model asks for it. */
export interface ToolCall {
  readonly callId: string;
  readonly name: string;
  /** As the model wrote it: mostly JSON. */
  readonly argumentsText: string;
}

/**
 * How a call ended. `waiting`: the user is asked first. `doneBefore`: an earlier attempt at the turn has done it.
 * `unknown`: it may have been done, by an attempt that was cut off or over a connection that was lost.
 */
export type CallEnd =
  | { readonly kind: 'done' }
  | { readonly kind: 'failed'; readonly code: ToolErrorCode }
  | { readonly kind: 'waiting' }
  | { readonly kind: 'doneBefore' }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'tooMany' };

/** What the model is told of a call, and what the turn remembers. */
export interface CallResult {
  readonly call: ToolCall;
  /** `undefined` where there is none of that name for this person. */
  readonly tool: Tool | undefined;
  readonly end: CallEnd;
  /** For the model: always there, whatever became of the call. */
  readonly output: string;
  readonly images: readonly ToolImage[];
  readonly sources: readonly Source[];
  readonly tookMs: number;
}

/** Tells calls with the same arguments apart from others, without keeping the arguments. */
export function argumentsHash({ argumentsText }: Pick<ToolCall, 'argumentsText'>): string {
  return createHash('sha256').update(argumentsText).digest('hex').slice(0, 32);
}
