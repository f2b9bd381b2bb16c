import { answerByRules } from './rules.ts';

/** One line of the conversation, as the mind remembers it. */
export interface HistoryLine {
  readonly role: 'user' | 'assistant' | 'system';
  readonly text: string;
}

/** What a mind knows when it is asked for one response. */
export interface MindContext {
  /** The whole conversation before the newest user message, oldest first; a replayed transcript is already expanded. */
  readonly said: readonly HistoryLine[];
  /** The newest user message; empty when there is none, or when it holds no text. */
  readonly text: string;
  /** Whether the newest user message holds a sound clip. */
  readonly hasAudio: boolean;
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

/** Everything the engine plays for one `response.create`. */
export interface Performance {
  readonly outputs: readonly Output[];
  readonly ending: Ending;
  /** Wait before the first delta, in milliseconds. */
  readonly delayMs?: number;
  /** The response is held after `response.created` until this resolves; a rejection fails it. */
  readonly gate?: Promise<void>;
  readonly frames?: readonly ExtraFrame[];
}

/** Decides what is answered. One that throws makes the response fail with `server_error`. */
export type Mind = (context: MindContext) => Performance;

/** The demo's mind: about ten deterministic rules (see rules.ts), no model, no network. */
export const simulatedMind: Mind = answerByRules;
