import type { Conversation } from './conversation.ts';
import { newId, type Send } from './events.ts';
import { type ContentPart, type Item, wireItem } from './items.ts';
import type { ResponseRequest } from './response-request.ts';

export type ResponseStatus = 'in_progress' | 'completed' | 'cancelled' | 'incomplete' | 'failed';
export type StatusDetails = Record<string, unknown> | null;

/** Why a response ends early: the client cancelled it, or went away. */
export type StopReason = 'cancelled' | 'closed';

/** One response while it is played: its id, what it has said so far, and how it is stopped. */
export class ActiveResponse {
  readonly id = newId('resp');
  readonly request: ResponseRequest;
  /** Absent out of band: then nothing is written to the conversation. */
  readonly conversation: Conversation | undefined;
  readonly #conversationId: string;
  readonly #abort = new AbortController();
  #items: readonly Item[] = [];

  constructor(request: ResponseRequest, conversation: Conversation, conversationId: string) {
    this.request = request;
    this.conversation = request.outOfBand ? undefined : conversation;
    this.#conversationId = conversationId;
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

  /** Begins an item of the output; it is part of the conversation from now on. */
  begin(item: Item): void {
    this.#items = [...this.#items, item];
    this.conversation?.insert(item);
  }

  /** Puts what was said in the place of what was begun. */
  finish(item: Item): void {
    this.#items = this.#items.map((other) => (other.id === item.id ? item : other));
    this.conversation?.replace(item);
  }

  /** The response as events show it: its items never hold sound. */
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
      ...(request.outOfBand ? {} : { conversation_id: this.#conversationId }),
      output_modalities: [request.modality],
      max_output_tokens: request.maxOutputTokens,
      audio: { output: { format: request.format, voice: request.voice } },
      metadata: request.metadata,
      ...(usage === undefined ? {} : { usage }),
    };
  }
}

/** One item of a response on the wire, from `output_item.added` to `output_item.done`, in the order of the service. */
export class OutputItem {
  readonly #id = newId('item');
  readonly #index: number;
  readonly #response: ActiveResponse;
  readonly #send: Send;
  readonly #kind: 'audio' | 'text';
  readonly #hasTranscript: boolean;
  #said = '';
  #audioMs = 0;

  constructor(response: ActiveResponse, send: Send, kind: 'audio' | 'text', hasTranscript: boolean) {
    this.#response = response;
    this.#send = send;
    this.#kind = kind;
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

  /** A piece of what is written or, in audio, of its transcript. */
  say(words: string): void {
    this.#said += words;
    if (this.#kind === 'text') this.#sendContent('response.output_text.delta', { delta: words });
    else if (this.#hasTranscript) this.#sendContent('response.output_audio_transcript.delta', { delta: words });
  }

  /** A piece of sound, in the response's format. */
  sound(audio: Uint8Array, durationMs: number): void {
    this.#audioMs += durationMs;
    const delta = Buffer.from(audio.buffer, audio.byteOffset, audio.byteLength).toString('base64');
    this.#sendContent('response.output_audio.delta', { delta });
  }

  close(status: 'completed' | 'incomplete'): void {
    if (this.#kind === 'text') this.#sendContent('response.output_text.done', { text: this.#said });
    else this.#closeAudio();
    this.#sendPart('response.content_part.done');
    const item: Item = { id: this.#id, role: 'assistant', status, content: [this.#content()], audioMs: this.#audioMs };
    this.#response.finish(item);
    this.#sendConversationItem('conversation.item.done', item);
    this.#sendItem('response.output_item.done', item);
  }

  #closeAudio(): void {
    this.#sendContent('response.output_audio.done', {});
    if (this.#hasTranscript) this.#sendContent('response.output_audio_transcript.done', { transcript: this.#said });
  }

  #content(): ContentPart {
    if (this.#kind === 'text') return { type: 'output_text', text: this.#said };
    return { type: 'output_audio', ...(this.#hasTranscript ? { transcript: this.#said } : {}) };
  }

  /** In these two events alone the service says `audio` and `text` for what is else `output_audio` and `output_text`. */
  #sendPart(type: string): void {
    const text = this.#kind === 'text' ? { text: this.#said } : {};
    const transcript = this.#kind === 'audio' && this.#hasTranscript ? { transcript: this.#said } : {};
    this.#sendContent(type, { part: { type: this.#kind, ...text, ...transcript } });
  }

  #sendContent(type: string, fields: Record<string, unknown>): void {
    const place = { response_id: this.#response.id, item_id: this.#id, output_index: this.#index, content_index: 0 };
    this.#send({ type, ...place, ...fields });
  }

  #sendItem(type: string, item: Item): void {
    this.#send({ type, response_id: this.#response.id, output_index: this.#index, item: wireItem(item) });
  }

  #sendConversationItem(type: string, item: Item): void {
    const { conversation } = this.#response;
    if (conversation === undefined) return;
    this.#send({ type, previous_item_id: conversation.previousOf(item.id), item: wireItem(item) });
  }
}
