import { newId } from './events.ts';
import type { Item } from './items.ts';
import { invalidValue, Rejection } from './wire-errors.ts';

const PARTICIPLES = { retrieve: 'retrieving', delete: 'deleting' } as const;

/** The items of a session's default conversation, oldest first. Ids are unique. */
export class Conversation {
  readonly id = newId('conv');
  #items: readonly Item[] = [];

  get items(): readonly Item[] {
    return this.#items;
  }

  /**
   * Adds an item: at the end, at the start ("root"), or after the item named.
   * Returns the id of the item before it, null at the start.
   */
  insert(item: Item, previousItemId?: string): string | null {
    if (this.has(item.id)) {
      // The service is known to refuse a second item with the same id; its error code is not known.
      throw invalidValue('item.id', `Error adding item: an item with id '${item.id}' already exists.`);
    }
    const index = this.#indexAfter(previousItemId);
    this.#items = this.#items.toSpliced(index, 0, item);
    return this.#items[index - 1]?.id ?? null;
  }

  #indexAfter(previousItemId: string | undefined): number {
    if (previousItemId === undefined) return this.#items.length;
    if (previousItemId === 'root') return 0;
    const index = this.#items.findIndex(({ id }) => id === previousItemId);
    if (index >= 0) return index + 1;
    const message = `Error adding item: the previous item with id '${previousItemId}' does not exist.`;
    throw new Rejection(message, { code: 'item_create_invalid_previous_item_id', param: 'previous_item_id' });
  }

  has(itemId: string): boolean {
    return this.#items.some(({ id }) => id === itemId);
  }

  /** Throws the error of the service if no call has this id. */
  checkCall(callId: string): void {
    if (this.#items.some((item) => item.type === 'function_call' && item.callId === callId)) return;
    const message = `Tool call ID '${callId}' not found in conversation.`;
    // The service does not say which event it is about (livekit/agents #3344).
    throw new Rejection(message, { code: 'invalid_tool_call_id', isAnonymous: true });
  }

  /** Throws the error of the service for this operation if there is no such item. */
  find(itemId: string, operation: keyof typeof PARTICIPLES): Item {
    const item = this.#items.find(({ id }) => id === itemId);
    if (item !== undefined) return item;
    const message = `Error ${PARTICIPLES[operation]} item: the item with id '${itemId}' does not exist.`;
    throw new Rejection(message, { code: `item_${operation}_invalid_item_id`, param: 'item_id' });
  }

  delete(itemId: string): void {
    const item = this.find(itemId, 'delete');
    this.#items = this.#items.filter((other) => other !== item);
  }

  /** Replaces an item by its newer version; does nothing if it was deleted meanwhile. */
  replace(item: Item): void {
    this.#items = this.#items.map((other) => (other.id === item.id ? item : other));
  }

  previousOf(itemId: string): string | null {
    const index = this.#items.findIndex(({ id }) => id === itemId);
    return this.#items[index - 1]?.id ?? null;
  }
}
