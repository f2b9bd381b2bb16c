import { ResponseParts } from './response-parts.ts';
import type { ServerEvent } from './server-event.ts';

/**
 * The text of an answer while it is made, in the form of the finished one. Where speech was asked for only transcripts of
 * it: what a model writes instead may still be taken back and asked for once more.
 */
export class LiveText {
  readonly #turnId: string;
  readonly #modality: 'audio' | 'text';
  #parts = new ResponseParts();
  #responseId: string | undefined;
  #shown = '';

  /** Only the response that names this turn is shown: of any other one it may turn out that it is somebody else's. */
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

  /** All of the text so far. What was given once stays as it is. Costs time with its length: not for each event. */
  text(): string {
    const text = this.#parts.text();
    if (text.startsWith(this.#shown)) this.#shown = text;
    return this.#shown;
  }

  /** A turn that is tried again has a new response; nothing was said in the one before. */
  #begin(responseId: string): void {
    if (this.#shown !== '' || this.#responseId === responseId) return;
    this.#responseId = responseId;
    this.#parts = new ResponseParts();
  }
}
