import type { Send } from './events.ts';
import { type Item, wireItem } from './items.ts';
import type { ActiveResponse } from './response.ts';

/** An output item while its events are sent: `output_item.added`, deltas, `output_item.done`. */
export interface OutputItem {
  open(): void;
  /** Called once: also for an item that is cut or cancelled. */
  close(status: 'completed' | 'incomplete'): void;
}

/** Sends the events of one output item, in the order of the service. Its position is the next one of the response. */
export class OutputEvents {
  readonly #index: number;
  readonly #response: ActiveResponse;
  readonly #send: Send;

  constructor(response: ActiveResponse, send: Send) {
    this.#response = response;
    this.#send = send;
    this.#index = response.items.length;
  }

  begin(item: Item): void {
    this.#response.begin(item);
    this.send('response.output_item.added', { item: wireItem(item) });
    this.#sendConversationItem('conversation.item.added', item);
  }

  /** Sends an event about the item or its content. */
  send(type: string, fields: Record<string, unknown>): void {
    this.#send({ type, response_id: this.#response.id, output_index: this.#index, ...fields });
  }

  finish(item: Item): void {
    this.#response.finish(item);
    this.#sendConversationItem('conversation.item.done', item);
    this.send('response.output_item.done', { item: wireItem(item) });
  }

  #sendConversationItem(type: string, item: Item): void {
    const { conversation } = this.#response;
    this.#send({ type, previous_item_id: conversation.previousOf(item.id), item: wireItem(item) });
  }
}
