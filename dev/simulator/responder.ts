import type { ClipDescription, InputDescription } from './input-description.ts';

/** One line of the conversation, as the mind remembers it. */
export interface HistoryLine {
  readonly role: 'user' | 'assistant' | 'system';
  readonly text: string;
}

/** What a mind knows when it is asked for one response. */
export interface ResponderContext {
  /** The whole conversation before the newest user message, oldest first; a replayed transcript is already expanded. */
  readonly history: readonly HistoryLine[];
  /**
   * The newest user message: all items of the user since the last answer, as a clip from the input audio buffer is an
   * item of its own. Empty when there is none, or when it holds no text.
   */
  readonly text: string;
  /** The sound clips of the newest user message, in order. */
  readonly clips: readonly ClipDescription[];
  /** All that the newest user message holds beside text, clips among it, in order. */
  readonly inputs: readonly InputDescription[];
  readonly instructions: string;
  readonly sessionId: string;
}

/** One item of the response. */
export interface Output {
  readonly text: string;
  /** PCM16 LE mono 24 kHz, an even number of bytes; without it the voice speaks `text`. */
  readonly pcm?: Uint8Array;
  /** Default: the response's. `text` in an audio response is the drift that real models show. */
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

/** How a response ends. `afterDeltas` counts the pieces of audio (or of text, in text modality) that are sent before. */
export type Ending =
  | { readonly kind: 'completed' }
  | { readonly kind: 'incomplete'; readonly reason: 'max_output_tokens' | 'content_filter' }
  | { readonly kind: 'failed'; readonly error: ServiceError }
  /** Without `code` the socket breaks; with it a close frame goes out. */
  | { readonly kind: 'disconnect'; readonly afterDeltas: number; readonly code?: number }
  /** Nothing more comes until the client cancels. `created: false`: not even `response.created`. */
  | { readonly kind: 'hang'; readonly afterDeltas: number; readonly created?: boolean }
  /** An `error` event for the `response.create`, with its event_id, and no response at all. */
  | { readonly kind: 'reject'; readonly error: ServiceError };

/** A frame beyond the protocol, sent as it is: a string may be malformed on purpose. */
export interface ExtraFrame {
  /** `start`: right after `response.created`; `end`: just before `response.done`. */
  readonly at: 'beforeCreated' | 'start' | 'end';
  readonly data: string | Record<string, unknown>;
}

/**
 * How the clips of the newest message are transcribed, where the session asks for it and they came through the input
 * audio buffer. Without any of it: at once, before the response's first delta, in words about the sound.
 */
export interface Transcription {
  /** What was said, in the transcriber's opinion; for each clip. */
  readonly text?: string;
  /** Wait before the transcript, in milliseconds from `response.created` (or from `response.done`, see afterDone). */
  readonly delayMs?: number;
  /** `.failed` instead of a transcript. */
  readonly fails?: boolean;
  /** No event about it at all. */
  readonly never?: boolean;
  /** Only after `response.done`. */
  readonly afterDone?: boolean;
}

/** Everything the engine plays for one `response.create`. */
export interface ScriptedResponse {
  readonly outputs: readonly Output[];
  readonly ending: Ending;
  /** Wait before the first delta, in milliseconds. */
  readonly delayMs?: number;
  /** The response is held after `response.created` until this resolves; a rejection fails it. */
  readonly gate?: Promise<void>;
  readonly frames?: readonly ExtraFrame[];
  readonly transcription?: Transcription;
}

/** Decides what is answered. One that throws makes the response fail with `server_error`. */
export type Responder = (context: ResponderContext) => ScriptedResponse;
