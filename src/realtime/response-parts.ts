import { type Pcm, toPcm } from '../audio/pcm.ts';
import type { PartAddress } from './server-event.ts';

interface Part {
  readonly at: PartAddress;
  readonly deltas: string[];
  /** The whole text as the service gives it at the end; it wins over the deltas. */
  finalText: string | undefined;
  readonly audio: Buffer[];
}

/**
 * The text and audio of one response, piece by piece. Newer models speak in several output items a turn
 * (a preamble, then the answer), so the pieces are kept by item and part and joined in their order.
 */
export class ResponseParts {
  readonly #parts = new Map<string, Part>();
  /** The part of the last delta: nearly always that of the next, too. */
  #last: Part | undefined;

  addText(at: PartAddress, delta: string): void {
    this.#partAt(at).deltas.push(delta);
  }

  addAudio(at: PartAddress, audio: Buffer): void {
    this.#partAt(at).audio.push(audio);
  }

  setFinalText(at: PartAddress, text: string): void {
    if (text !== '') (this.#placedAt(at) ?? this.#partAt(at)).finalText = text;
  }

  /** What has been said so far; each output item is a paragraph of its own. */
  text(): string {
    const items = Map.groupBy(this.#inOrder(), ({ at }) => at.itemId || String(at.outputIndex));
    const pieces = [...items.values()].map((parts) => parts.map(textOf).join(''));
    return pieces
      .map((piece) => piece.trim())
      .filter((piece) => piece !== '')
      .join('\n\n');
  }

  itemIds(): string[] {
    const ids = this.#inOrder().map(({ at }) => at.itemId);
    return [...new Set(ids)].filter((id) => id !== '');
  }

  pcm(): Pcm {
    // Half a sample at the end of one part would shift every sample of the next.
    return toPcm(this.#inOrder().flatMap((part) => toPcm(part.audio).chunks));
  }

  #partAt(at: PartAddress): Part {
    const last = this.#last;
    if (last?.at.itemId === at.itemId && last.at.contentIndex === at.contentIndex) return last;
    const key = `${at.itemId} ${at.contentIndex}`;
    const part = this.#parts.get(key) ?? { at, deltas: [], finalText: undefined, audio: [] };
    this.#parts.set(key, part);
    this.#last = part;
    return part;
  }

  /** The part in this place, for a text that names no item. */
  #placedAt({ itemId, outputIndex, contentIndex }: PartAddress): Part | undefined {
    if (itemId !== '') return undefined;
    return this.#inOrder().find(({ at }) => at.outputIndex === outputIndex && at.contentIndex === contentIndex);
  }

  #inOrder(): Part[] {
    const byPlace = (a: Part, b: Part) => a.at.outputIndex - b.at.outputIndex || a.at.contentIndex - b.at.contentIndex;
    return [...this.#parts.values()].sort(byPlace);
  }
}

function textOf({ finalText, deltas }: Part): string {
  return finalText ?? deltas.join('');
}
