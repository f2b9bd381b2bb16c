import { newId, type Send } from './events.ts';
import type { ContentPart, ItemStatus, MessageItem, Phase } from './items.ts';
import { OutputEvents, type OutputItem } from './output-item.ts';
import type { ActiveResponse } from './response.ts';

/** How a message is sent. */
export interface MessageForm {
  readonly modality: 'audio' | 'text';
  readonly hasTranscript: boolean;
  readonly phase: Phase;
}

/** Sends the events of one spoken or written message. */
export class OutputMessage implements OutputItem {
  readonly #id = newId('item');
  readonly #events: OutputEvents;
  readonly #form: MessageForm;
  #text = '';
  #audioMs = 0;

  constructor(response: ActiveResponse, send: Send, form: MessageForm) {
    this.#events = new OutputEvents(response, send);
    this.#form = form;
  }

  open(): void {
    this.#events.begin(this.#item('in_progress', []));
    this.#sendPart('response.content_part.added');
  }

  /** Sends a delta of the text or, in audio, of the transcript. */
  addText(words: string): void {
    this.#text += words;
    if (this.#form.modality === 'text') this.#sendContent('response.output_text.delta', { delta: words });
    else if (this.#form.hasTranscript) this.#sendContent('response.output_audio_transcript.delta', { delta: words });
  }

  /** Sends a delta of audio. */
  addAudio(audio: Uint8Array, durationMs: number): void {
    this.#audioMs += durationMs;
    const delta = Buffer.from(audio.buffer, audio.byteOffset, audio.byteLength).toString('base64');
    this.#sendContent('response.output_audio.delta', { delta });
  }

  close(status: 'completed' | 'incomplete'): void {
    if (this.#form.modality === 'text') this.#sendContent('response.output_text.done', { text: this.#text });
    else this.#closeAudio();
    this.#sendPart('response.content_part.done');
    this.#events.finish(this.#item(status, [this.#content()]));
  }

  #closeAudio(): void {
    this.#sendContent('response.output_audio.done', {});
    if (this.#form.hasTranscript)
      this.#sendContent('response.output_audio_transcript.done', { transcript: this.#text });
  }

  #item(status: ItemStatus, content: readonly ContentPart[]): MessageItem {
    const { phase } = this.#form;
    return { id: this.#id, type: 'message', role: 'assistant', status, content, audioMs: this.#audioMs, phase };
  }

  #content(): ContentPart {
    if (this.#form.modality === 'text') return { type: 'output_text', text: this.#text };
    return { type: 'output_audio', ...(this.#form.hasTranscript ? { transcript: this.#text } : {}) };
  }

  /** Only these two events name the types `audio` and `text` instead of `output_audio` and `output_text`. */
  #sendPart(type: string): void {
    const { modality, hasTranscript } = this.#form;
    const text = modality === 'text' ? { text: this.#text } : {};
    const transcript = modality === 'audio' && hasTranscript ? { transcript: this.#text } : {};
    this.#sendContent(type, { part: { type: modality, ...text, ...transcript } });
  }

  #sendContent(type: string, fields: Record<string, unknown>): void {
    this.#events.send(type, { item_id: this.#id, content_index: 0, ...fields });
  }
}
