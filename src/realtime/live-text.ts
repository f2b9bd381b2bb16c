import { isOfTurn } from './function-calls.ts';
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
  /** Of the turn's responses before this one. */
  #before = '';
  #responseId: string | undefined;
  #shown = '';

  /** Only responses that name this turn are shown: another may turn out not to be ours. */
  constructor(turnId: string, modality: 'audio' | 'text') {
    this.#turnId = turnId;
    this.#modality = modality;
  }

  /** Whether this event has made the text longer. */
  accept(event: ServerEvent): boolean {
    if (event.kind === 'responseCreated' && isOfTurn(event.turnId, this.#turnId))
      this.#begin(event.responseId, event.turnId !== this.#turnId);
    if (event.kind !== 'textDelta' || event.at.responseId !== this.#responseId) return false;
    if (event.isSpoken !== (this.#modality === 'audio')) return false;
    this.#parts.addText(event.at, event.text);
    return event.text !== '';
  }

  /** All of the text so far, a continuation of every earlier result. Costs time with its length. */
  text(): string {
    const text = [this.#before, this.#parts.text()].filter((each) => each !== '').join('\n\n');
    if (text.startsWith(this.#shown)) this.#shown = text;
    return this.#shown;
  }

  /** A later response of the turn continues its text. A retry has a new response, too; the one before had no text. */
  #begin(responseId: string, isLater: boolean): void {
    if (this.#responseId === responseId || (this.#shown !== '' && !isLater)) return;
    this.#before = this.text();
    this.#responseId = responseId;
    this.#parts = new ResponseParts();
  }
}
