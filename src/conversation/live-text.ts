import { ResponseParts } from '../realtime/response-parts.ts';
import type { ServerEvent } from '../realtime/server-event.ts';

/**
 * The text of an answer while it is spoken, in the form of the finished one. Only transcripts of speech: what a model
 * writes instead of speaking may still be taken back and asked for once more.
 */
export class LiveText {
  readonly #turnId: string;
  readonly #parts = new ResponseParts();
  #responseId: string | undefined;
  #shown = '';

  /** Only the response that names this turn is shown: of any other one it may turn out that it is somebody else's. */
  constructor(turnId: string) {
    this.#turnId = turnId;
  }

  /** All of the text so far, where this event has made it longer. What was given once stays as it is. */
  accept(event: ServerEvent): string | undefined {
    if (event.kind === 'responseCreated' && event.turnId === this.#turnId) this.#responseId ??= event.responseId;
    if (event.kind !== 'textDelta' || !event.isSpoken || event.at.responseId !== this.#responseId) return undefined;
    this.#parts.addText(event.at, event.text);
    const text = this.#parts.text();
    if (text.length <= this.#shown.length || !text.startsWith(this.#shown)) return undefined;
    this.#shown = text;
    return text;
  }
}
