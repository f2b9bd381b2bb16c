import { newId, type Send } from './events.ts';
import type { CallItem, ItemStatus } from './items.ts';
import { OutputEvents, type OutputItem } from './output-item.ts';
import type { ScriptedCall } from './responder.ts';
import type { ActiveResponse } from './response.ts';

/** Sends the events of one function call. */
export class OutputCall implements OutputItem {
  readonly #id = newId('item');
  readonly #callId: string;
  readonly #name: string;
  readonly #events: OutputEvents;
  #arguments = '';

  constructor(response: ActiveResponse, send: Send, { name, callId = newId('call') }: ScriptedCall['call']) {
    this.#events = new OutputEvents(response, send);
    this.#callId = callId;
    this.#name = name;
  }

  open(): void {
    this.#events.begin(this.#item('in_progress'));
  }

  addArguments(delta: string): void {
    this.#arguments += delta;
    this.#sendArguments('delta', { delta });
  }

  /** `arguments.done` comes also for arguments that are cut: it has what was sent. */
  close(status: 'completed' | 'incomplete'): void {
    this.#sendArguments('done', { name: this.#name, arguments: this.#arguments });
    this.#events.finish(this.#item(status));
  }

  #sendArguments(event: 'delta' | 'done', fields: Record<string, unknown>): void {
    const position = { item_id: this.#id, call_id: this.#callId };
    this.#events.send(`response.function_call_arguments.${event}`, { ...position, ...fields });
  }

  /** The service shows the arguments once they are final. */
  #item(status: ItemStatus): CallItem {
    const { id, callId, name } = { id: this.#id, callId: this.#callId, name: this.#name };
    return { id, type: 'function_call', status, callId, name, arguments: this.#arguments };
  }
}
