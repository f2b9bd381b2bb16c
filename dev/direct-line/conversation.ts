import { randomUUID } from 'node:crypto';
import type { WebSocket } from 'ws';
import type { Clock } from '../../src/clock.ts';

/** An activity as JSON. The service adds fields, and reads only `type`. */
export type Activity = Readonly<Record<string, unknown>>;

const MAX_HISTORY = 2_000;

/** One conversation of Direct Line: its history, and the sockets of its clients. */
export class DirectLineConversation {
  readonly id = randomUUID();
  readonly #clock: Clock;
  /** Without typing activities, which Direct Line only sends to connected clients. */
  readonly #history: Activity[] = [];
  /** How many of the oldest activities were dropped. */
  #droppedCount = 0;
  readonly #clients = new Set<WebSocket>();
  #addedCount = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Adds id and timestamp to an activity, sends it to all clients and returns it. */
  add(activity: Activity): Activity & { readonly id: string } {
    const id = `${this.id}|${String(this.#addedCount++).padStart(7, '0')}`;
    const timestamp = new Date(this.#clock.now()).toISOString();
    const added = { ...activity, id, timestamp, conversation: { id: this.id } };
    if (activity['type'] !== 'typing') this.#store(added);
    for (const client of this.#clients) this.#send(client, [added]);
    return added;
  }

  /**
   * Sends a client the history after `watermark`, then every new activity. A watermark is the length of the history
   * that the client has seen.
   */
  subscribe(client: WebSocket, watermark: number): void {
    this.#clients.add(client);
    client.on('close', () => this.#clients.delete(client));
    const missed = this.#history.slice(Math.max(0, watermark - this.#droppedCount));
    if (missed.length > 0) this.#send(client, missed);
  }

  /** Disconnects the clients. */
  close(): void {
    for (const client of this.#clients) client.terminate();
  }

  #store(activity: Activity): void {
    if (this.#history.push(activity) <= MAX_HISTORY) return;
    this.#history.shift();
    this.#droppedCount++;
  }

  #send(client: WebSocket, activities: readonly Activity[]): void {
    const watermark = String(this.#droppedCount + this.#history.length);
    client.send(JSON.stringify({ activities, watermark }));
  }
}
