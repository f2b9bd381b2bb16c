import type { Conversation } from './conversation.ts';
import { newId, type Send } from './events.ts';
import { PCM } from './fields.ts';
import { type ContentPart, type Item, wireItem } from './items.ts';
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

/** Sends the events of one output item, from `output_item.added` to `output_item.done`, in the order of the service. */
export class OutputItem {
  readonly #id = newId('item');
  readonly #index: number;
  readonly #response: ActiveResponse;
  readonly #send: Send;
  readonly #modality: 'audio' | 'text';
  readonly #hasTranscript: boolean;
  #text = '';
  #audioMs = 0;

  constructor(response: ActiveResponse, send: Send, modality: 'audio' | 'text', hasTranscript: boolean) {
    this.#response = response;
    this.#send = send;
    this.#modality = modality;
    this.#hasTranscript = hasTranscript;
    this.#index = response.items.length;
  }

  open(): void {
    const item: Item = { id: this.#id, role: 'assistant', status: 'in_progress', content: [], audioMs: 0 };
    this.#response.begin(item);
    this.#sendItem('response.output_item.added', item);
    this.#sendConversationItem('conversation.item.added', item);
    this.#sendPart('response.content_part.added');
  }

  /** Sends a delta of the text or, in audio, of the transcript. */
  addText(words: string): void {
    this.#text += words;
    if (this.#modality === 'text') this.#sendContent('response.output_text.delta', { delta: words });
    else if (this.#hasTranscript) this.#sendContent('response.output_audio_transcript.delta', { delta: words });
  }

  /** Sends a delta of audio. */
  addAudio(audio: Uint8Array, durationMs: number): void {
    this.#audioMs += durationMs;
    const delta = Buffer.from(audio.buffer, audio.byteOffset, audio.byteLength).toString('base64');
    this.#sendContent('response.output_audio.delta', { delta });
  }

  close(status: 'completed' | 'incomplete'): void {
    if (this.#modality === 'text') this.#sendContent('response.output_text.done', { text: this.#text });
    else this.#closeAudio();
    this.#sendPart('response.content_part.done');
    const item: Item = { id: this.#id, role: 'assistant', status, content: [this.#content()], audioMs: this.#audioMs };
    this.#response.finish(item);
    this.#sendConversationItem('conversation.item.done', item);
    this.#sendItem('response.output_item.done', item);
  }

  #closeAudio(): void {
    this.#sendContent('response.output_audio.done', {});
    if (this.#hasTranscript) this.#sendContent('response.output_audio_transcript.done', { transcript: this.#text });
  }

  #content(): ContentPart {
    if (this.#modality === 'text') return { type: 'output_text', text: this.#text };
    return { type: 'output_audio', ...(this.#hasTranscript ? { transcript: this.#text } : {}) };
  }

  /** Only these two events name the types `audio` and `text` instead of `output_audio` and `output_text`. */
  #sendPart(type: string): void {
    const text = this.#modality === 'text' ? { text: this.#text } : {};
    const transcript = this.#modality === 'audio' && this.#hasTranscript ? { transcript: this.#text } : {};
    this.#sendContent(type, { part: { type: this.#modality, ...text, ...transcript } });
  }

  #sendContent(type: string, fields: Record<string, unknown>): void {
    const position = { response_id: this.#response.id, item_id: this.#id, output_index: this.#index, content_index: 0 };
    this.#send({ type, ...position, ...fields });
  }

  #sendItem(type: string, item: Item): void {
    this.#send({ type, response_id: this.#response.id, output_index: this.#index, item: wireItem(item) });
  }

  #sendConversationItem(type: string, item: Item): void {
    const { conversation } = this.#response;
    this.#send({ type, previous_item_id: conversation.previousOf(item.id), item: wireItem(item) });
  }
}
