import { optionalString, requiredRecord, requiredString } from './checks.ts';
import type { Conversation } from './conversation.ts';
import type { Send, WireEvent } from './events.ts';
import type { ClipDescription } from './input-description.ts';
import { type Item, wireItem } from './items.ts';
import { clipItem } from './message-items.ts';
import { parseItem } from './parse-item.ts';

/** Handles the client events about items of the conversation. Each method throws a Rejection. */
export class ItemEvents {
  readonly #conversation: Conversation;
  readonly #send: Send;
  readonly #held: { readonly item: Item; readonly previousItemId: string | null }[] = [];

  constructor(conversation: Conversation, send: Send) {
    this.#conversation = conversation;
    this.#send = send;
  }

  /**
   * `isResponding`: a response is active. The service takes an output meanwhile, and echoes it after `response.done`.
   */
  create(event: WireEvent, isResponding: boolean): void {
    const item = parseItem(requiredRecord(event, 'item', ''), 'item');
    if (item.type === 'function_call_output') this.#conversation.checkCall(item.callId);
    const previousItemId = this.#conversation.insert(item, optionalString(event, 'previous_item_id', ''));
    if (isResponding && item.type === 'function_call_output') this.#held.push({ item, previousItemId });
    else this.#sendAdded(item, previousItemId);
  }

  /** Sends the echoes that waited for the end of a response. */
  releaseHeld(): void {
    for (const { item, previousItemId } of this.#held.splice(0)) this.#sendAdded(item, previousItemId);
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
