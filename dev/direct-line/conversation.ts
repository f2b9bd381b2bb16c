import { randomUUID } from 'node:crypto';
import type { WebSocket } from 'ws';
import type { Clock } from '../../src/clock.ts';

/** An activity as JSON. The service fills in fields and reads none but `type`. */
export type Activity = Readonly<Record<string, unknown>>;

const MAX_HISTORY = 2_000;

/** One conversation of Direct Line: its history, and the sockets of the clients that follow it. */
export class DirectLineConversation {
  readonly id = randomUUID();
  readonly #clock: Clock;
  /** Without typing activities: Direct Line sends them to connected clients and forgets them. */
  readonly #history: Activity[] = [];
  /** How many activities were dropped from the beginning of the history. */
  #droppedCount = 0;
  readonly #clients = new Set<WebSocket>();
  #count = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Gives an activity its id and its time, sends it to all clients, and returns it. */
  add(activity: Activity): Activity & { readonly id: string } {
    const id = `${this.id}|${String(this.#count++).padStart(7, '0')}`;
    const timestamp = new Date(this.#clock.now()).toISOString();
    const added = { ...activity, id, timestamp, conversation: { id: this.id } };
    if (activity['type'] !== 'typing') this.#keep(added);
    for (const client of this.#clients) this.#send(client, [added]);
    return added;
  }

  /**
   * Sends a client the history after `watermark`, then all that is added. A watermark is the length of the history that
   * a client has seen; without one it gets all of it.
   */
  follow(client: WebSocket, watermark: number): void {
    this.#clients.add(client);
    client.on('close', () => this.#clients.delete(client));
    const missed = this.#history.slice(Math.max(0, watermark - this.#droppedCount));
    if (missed.length > 0) this.#send(client, missed);
  }

  /** Disconnects the clients. */
  close(): void {
    for (const client of this.#clients) client.terminate();
  }

  #keep(activity: Activity): void {
    if (this.#history.push(activity) <= MAX_HISTORY) return;
    this.#history.shift();
    this.#droppedCount++;
  }

  #send(client: WebSocket, activities: readonly Activity[]): void {
    const watermark = String(this.#droppedCount + this.#history.length);
    client.send(JSON.stringify({ activities, watermark }));
  }
}
