import { type Pcm, toPcm } from '../audio/pcm.ts';
import { paragraphs } from '../paragraphs.ts';
import type { PartAddress } from './server-event.ts';

interface Part {
  readonly at: PartAddress;
  readonly deltas: string[];
  /** The service sends the whole text at the end; it replaces the deltas. */
  finalText: string | undefined;
  readonly audio: Buffer[];
}

/**
 * Collects the text and audio of one response. Newer models answer in several output items (a preamble, then the
 * answer), so the deltas are kept by item and part and joined in their order.
 */
export class ResponseParts {
  readonly #parts = new Map<string, Part>();

  addText(at: PartAddress, delta: string): void {
    this.#partAt(at).deltas.push(delta);
  }

  addAudio(at: PartAddress, audio: Buffer): void {
    this.#partAt(at).audio.push(audio);
  }

  setFinalText(at: PartAddress, text: string): void {
    if (text !== '') (this.#placedAt(at) ?? this.#partAt(at)).finalText = text;
  }

  /** Returns the text so far, with a paragraph for each output item. */
  text(): string {
    const items = Map.groupBy(this.#inOrder(), ({ at }) => at.itemId || String(at.outputIndex));
    return paragraphs(...[...items.values()].map((parts) => parts.map(textOf).join('').trim()));
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
    const key = `${at.itemId} ${at.contentIndex}`;
    const part = this.#parts.get(key) ?? { at, deltas: [], finalText: undefined, audio: [] };
    this.#parts.set(key, part);
    return part;
  }

  /** Finds the part at this position, for a text without an item id. */
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
