import { ResponseParts } from './response-parts.ts';
import type { ServerEvent } from './server-event.ts';

/**
 * The text of an answer while it is made. Where speech was requested only transcripts count: text instead of speech may
 * still be deleted and requested once more.
 */
export class LiveText {
  readonly #turnId: string;
  readonly #modality: 'audio' | 'text';
  #parts = new ResponseParts();
  #responseId: string | undefined;
  #shown = '';

  /** Only the response that names this turn is shown: another may turn out not to be ours. */
  constructor(turnId: string, modality: 'audio' | 'text') {
    this.#turnId = turnId;
    this.#modality = modality;
  }

  /** Whether this event has made the text longer. */
  accept(event: ServerEvent): boolean {
    if (event.kind === 'responseCreated' && event.turnId === this.#turnId) this.#begin(event.responseId);
    if (event.kind !== 'textDelta' || event.at.responseId !== this.#responseId) return false;
    if (event.isSpoken !== (this.#modality === 'audio')) return false;
    this.#parts.addText(event.at, event.text);
    return event.text !== '';
  }

  /** All of the text so far, a continuation of every earlier result. Costs time with its length. */
  text(): string {
    const text = this.#parts.text();
    if (text.startsWith(this.#shown)) this.#shown = text;
    return this.#shown;
  }

  /** A retry has a new response; the one before had no text. */
  #begin(responseId: string): void {
    if (this.#shown !== '' || this.#responseId === responseId) return;
    this.#responseId = responseId;
    this.#parts = new ResponseParts();
  }
}
