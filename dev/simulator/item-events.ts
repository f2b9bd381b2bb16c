import { optionalString, requiredInteger, requiredRecord, requiredString, withinRange } from './checks.ts';
import type { Conversation } from './conversation.ts';
import type { Send, WireEvent } from './events.ts';
import type { AudioFormat } from './fields.ts';
import type { ClipDescription } from './input-description.ts';
import { clipItem, type Item, parseItem, wireItem } from './items.ts';
import { invalidValue } from './wire-errors.ts';

/** Handles the client events about items of the conversation. Each method throws a Rejection. */
export class ItemEvents {
  readonly #conversation: Conversation;
  readonly #send: Send;

  constructor(conversation: Conversation, send: Send) {
    this.#conversation = conversation;
    this.#send = send;
  }

  create(event: WireEvent, inputFormat: AudioFormat): void {
    const item = parseItem(requiredRecord(event, 'item', ''), 'item', inputFormat);
    this.#sendAdded(item, this.#conversation.insert(item, optionalString(event, 'previous_item_id', '')));
  }

  delete(event: WireEvent): void {
    const itemId = requiredString(event, 'item_id', '');
    this.#conversation.delete(itemId);
    this.#send({ type: 'conversation.item.deleted', item_id: itemId });
  }

  retrieve(event: WireEvent): void {
    const item = this.#conversation.find(requiredString(event, 'item_id', ''), 'retrieve');
    this.#send({ type: 'conversation.item.retrieved', item: wireItem(item) });
  }

  /** Removes audio that the user did not hear, together with the whole transcript. */
  truncate(event: WireEvent): void {
    const item = this.#conversation.find(requiredString(event, 'item_id', ''), 'truncate');
    const contentIndex = withinRange(requiredInteger(event, 'content_index', ''), 'content_index', { min: 0, max: 0 });
    const range = { min: 0, max: Number.MAX_SAFE_INTEGER };
    const endMs = withinRange(requiredInteger(event, 'audio_end_ms', ''), 'audio_end_ms', range);
    if (item.content[0]?.type !== 'output_audio') {
      throw invalidValue('item_id', 'Only model output audio messages can be truncated.');
    }
    if (endMs > item.audioMs) {
      const message = `Audio content of ${Math.floor(item.audioMs)}ms is already shorter than ${endMs}ms`;
      throw invalidValue('audio_end_ms', message);
    }
    this.#conversation.replace({ ...item, content: [{ type: 'output_audio' }], audioMs: endMs });
    const fields = { item_id: item.id, content_index: contentIndex, audio_end_ms: endMs };
    this.#send({ type: 'conversation.item.truncated', ...fields });
  }

  /** Makes a committed input audio buffer an item of the user; returns its id. */
  commit(clip: ClipDescription): string {
    const item = clipItem(clip);
    const previousItemId = this.#conversation.insert(item);
    this.#send({ type: 'input_audio_buffer.committed', previous_item_id: previousItemId, item_id: item.id });
    this.#sendAdded(item, previousItemId);
    return item.id;
  }

  /** GA sends `added`, and `done` once an item is final. Items of a client are final at once (openai-openapi #518). */
  #sendAdded(item: Item, previousItemId: string | null): void {
    const fields = { previous_item_id: previousItemId, item: wireItem(item) };
    this.#send({ type: 'conversation.item.added', ...fields });
    this.#send({ type: 'conversation.item.done', ...fields });
  }
}
