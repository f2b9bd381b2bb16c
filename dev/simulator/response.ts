import type { Conversation } from './conversation.ts';
import { newId } from './events.ts';
import { PCM } from './fields.ts';
import { type Item, wireItem } from './items.ts';
import type { ResponseRequest } from './response-request.ts';

export type ResponseStatus = 'in_progress' | 'completed' | 'cancelled' | 'incomplete' | 'failed';
export type StatusDetails = Record<string, unknown> | null;

/** Why a response ends early: the client cancelled it, or disconnected. */
export type StopReason = 'cancelled' | 'closed';

/** One response while it is played: its id and its items so far. */
export class ActiveResponse {
  readonly id = newId('resp');
  readonly request: ResponseRequest;
  readonly conversation: Conversation;
  readonly #abort = new AbortController();
  #items: readonly Item[] = [];

  constructor(request: ResponseRequest, conversation: Conversation) {
    this.request = request;
    this.conversation = conversation;
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  get items(): readonly Item[] {
    return this.#items;
  }

  stop(reason: StopReason): void {
    this.#abort.abort(reason);
  }

  /** Adds an output item, also to the conversation. */
  begin(item: Item): void {
    this.#items = [...this.#items, item];
    this.conversation.insert(item);
  }

  /** Replaces an item that was begun by its final version. */
  finish(item: Item): void {
    this.#items = this.#items.map((other) => (other.id === item.id ? item : other));
    this.conversation.replace(item);
  }

  /** The response as events show it. Its items never contain audio. */
  wire(
    status: ResponseStatus,
    details: StatusDetails = null,
    usage?: Record<string, unknown>,
  ): Record<string, unknown> {
    const { request } = this;
    return {
      object: 'realtime.response',
      id: this.id,
      status,
      status_details: details,
      output: this.#items.map(wireItem),
      conversation_id: this.conversation.id,
      output_modalities: [request.modality],
      max_output_tokens: request.maxOutputTokens,
      audio: { output: { format: PCM, voice: request.voice } },
      metadata: request.metadata,
      ...(usage === undefined ? {} : { usage }),
    };
  }
}
