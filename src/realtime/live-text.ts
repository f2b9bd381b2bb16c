import { paragraphs } from '../paragraphs.ts';
import { isOfTurn } from './function-calls.ts';
import { ResponseParts } from './response-parts.ts';
import type { ServerEvent } from './server-event.ts';

/**
 * The text of an answer while the model generates it. If speech was requested, only transcripts count: a text answer
 * may still be deleted and requested once more.
 */
export class LiveText {
  readonly #turnId: string;
  readonly #modality: 'audio' | 'text';
  #parts = new ResponseParts();
  /** The text of the turn's earlier responses. */
  #before = '';
  #responseId: string | undefined;
  #shown = '';

  /** Shows only responses that name this turn: another one may turn out not to be ours. */
  constructor(turnId: string, modality: 'audio' | 'text') {
    this.#turnId = turnId;
    this.#modality = modality;
  }

  /** Returns whether the event made the text longer. */
  accept(event: ServerEvent): boolean {
    if (event.kind === 'responseCreated' && isOfTurn(event.responseName, this.#turnId))
      this.#begin(event.responseId, event.responseName !== this.#turnId);
    if (event.kind !== 'textDelta' || event.at.responseId !== this.#responseId) return false;
    if (event.isSpoken !== (this.#modality === 'audio')) return false;
    this.#parts.addText(event.at, event.text);
    return event.text !== '';
  }

  /** Returns the whole text so far. It begins with every earlier result. The time it takes grows with the length. */
  text(): string {
    const text = paragraphs(this.#before, this.#parts.text());
    if (text.startsWith(this.#shown)) this.#shown = text;
    return this.#shown;
  }

  /**
   * A later response, whose name is another, continues the text. A response with the turn's own name is a retry: it is
   * ignored once text was shown, since retries happen only before that.
   */
  #begin(responseId: string, isLater: boolean): void {
    if (this.#responseId === responseId || (this.#shown !== '' && !isLater)) return;
    // All that may have been shown: `text` keeps it.
    this.#before = this.text();
    this.#responseId = responseId;
    this.#parts = new ResponseParts();
  }
}
