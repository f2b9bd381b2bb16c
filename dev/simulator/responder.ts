import type { ClipDescription, InputDescription } from './input-description.ts';
import type { ToolDefinition } from './tool-definition.ts';

/** One item of the conversation. A `call` is the name and the arguments, an `output` is what the call returned. */
export interface HistoryLine {
  readonly role: 'user' | 'assistant' | 'system' | 'call' | 'output';
  readonly text: string;
}

/** What a function call returned. */
export interface ToolResult {
  readonly callId: string;
  readonly name: string;
  readonly output: string;
}

/** What a responder knows when it is asked for one response. */
export interface ResponderContext {
  /** The conversation before the newest user message, oldest first. A replayed transcript is already expanded. */
  readonly history: readonly HistoryLine[];
  /**
   * The text of the newest user message. A message is all user items since the last answer, because each clip of the
   * input audio buffer is an item of its own. Empty if it has no text.
   */
  readonly text: string;
  /** The audio clips of the newest user message, in order. */
  readonly clips: readonly ClipDescription[];
  /** Everything but text in the newest user message, clips included, in order. */
  readonly inputs: readonly InputDescription[];
  /** The tools that may be called in this response: none with the tool choice `none`. */
  readonly tools: readonly ToolDefinition[];
  /**
   * The results of tools that this response has to use, oldest first: empty if a newer user message exists. If not
   * empty, `text` is the message that led to the calls, and `inputs` is empty. But if pictures of the tools follow
   * their results, `text` is empty, and `inputs` has the pictures.
   */
  readonly toolResults: readonly ToolResult[];
  readonly instructions: string;
  readonly sessionId: string;
}

/** One item of the response. A call after a message, or after another call, begins before that item is done. */
export type ScriptedItem = ScriptedMessage | ScriptedCall;

export interface ScriptedCall {
  readonly call: {
    readonly name: string;
    /** Sent as they are, in several deltas. Mostly JSON. */
    readonly arguments: string;
    /** Default: a new id. */
    readonly callId?: string;
  };
}

export interface ScriptedMessage {
  readonly text: string;
  /** PCM16 LE mono 24 kHz, an even number of bytes. Default: the voice speaks `text`. */
  readonly pcm?: Uint8Array;
  /** Default: that of the response. `text` in an audio response is the drift that real models show. */
  readonly modality?: 'audio' | 'text';
  /** Default true; false gives audio without a transcript. */
  readonly transcript?: boolean;
}

/** An error as the service words it. */
export interface ServiceError {
  readonly type: string;
  readonly code: string;
  readonly message: string;
}

/**
 * How a response ends. `afterDeltas`: it ends after so many deltas. Deltas of audio (of text in text modality) and of
 * arguments count.
 */
export type Ending =
  | { readonly kind: 'completed' }
  | { readonly kind: 'incomplete'; readonly reason: 'max_output_tokens' | 'content_filter' }
  | { readonly kind: 'failed'; readonly error: ServiceError }
  /** Without `code` the connection breaks; with it the socket sends a close frame. */
  | { readonly kind: 'disconnect'; readonly afterDeltas: number; readonly code?: number }
  /** Nothing more is sent until the client cancels. `created: false`: not even `response.created`. */
  | { readonly kind: 'hang'; readonly afterDeltas: number; readonly created?: boolean }
  /** An `error` event with the event_id of the `response.create`, and no response. */
  | { readonly kind: 'reject'; readonly error: ServiceError };

/** A frame beyond the protocol, sent unchanged: a string may be malformed on purpose. */
export interface ExtraFrame {
  /** `start`: right after `response.created`; `end`: just before `response.done`. */
  readonly at: 'beforeCreated' | 'start' | 'end';
  readonly data: string | Record<string, unknown>;
}

/**
 * How clips of the input audio buffer are transcribed in a session with transcription. Default: at once, before the
 * first delta of the response, by a description of the audio.
 */
export interface Transcription {
  /** The transcript of each clip. */
  readonly text?: string;
  /** Milliseconds from `response.created` (with `afterDone`: from `response.done`) to the transcript. */
  readonly delayMs?: number;
  /** Sends `.failed` instead of a transcript. */
  readonly fails?: boolean;
  /** Sends no event. */
  readonly never?: boolean;
  /** Waits for `response.done`. */
  readonly afterDone?: boolean;
}

/** What the simulator sends for one `response.create`. */
export interface ScriptedResponse {
  /** As `response.output` of the API. */
  readonly outputs: readonly ScriptedItem[];
  readonly ending: Ending;
  /** Milliseconds before the first delta. */
  readonly delayMs?: number;
  /** Holds the response after `response.created` until it resolves; a rejection fails the response. */
  readonly gate?: Promise<void>;
  readonly frames?: readonly ExtraFrame[];
  readonly transcription?: Transcription;
}

/** Decides what is answered. An exception fails the response with `server_error`. */
export type Responder = (context: ResponderContext) => ScriptedResponse;
