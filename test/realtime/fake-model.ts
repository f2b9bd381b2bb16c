import type { SessionSettings } from '../../src/config/config.ts';
import { TurnError } from '../../src/errors.ts';
import { randomIds } from '../../src/ids.ts';
import { createLogger } from '../../src/log.ts';
import type { Connection, ConnectionListener, OpenConnection } from '../../src/realtime/connection.ts';
import { readServerEvent } from '../../src/realtime/server-event.ts';
import type { SessionDeps } from '../../src/realtime/session.ts';
import { ManualClock } from '../support/manual-clock.ts';
import * as wire from './server-events.ts';

/** The settings of sessions in tests. */
export const SETTINGS: SessionSettings = {
  instructions: 'Be kind.',
  voice: 'alloy',
  modality: 'audio',
  maxOutputTokens: undefined,
};

export type Sent = Readonly<Record<string, unknown>> & { readonly type: string };

/** A connection without a socket: records what is sent, and the test plays the service. */
export class FakeConnection implements Connection {
  readonly sent: Sent[] = [];
  isOpen = true;
  /** How often this side closed it. */
  closes = 0;
  readonly #listener: ConnectionListener;
  readonly #onSent: (event: Sent, connection: FakeConnection) => void;

  constructor(listener: ConnectionListener, onSent: (event: Sent, connection: FakeConnection) => void) {
    this.#listener = listener;
    this.#onSent = onSent;
  }

  send(events: readonly { type: string }[]): void {
    for (const event of events as readonly Sent[]) {
      this.sent.push(event);
      this.#onSent(event, this);
    }
  }

  close(): void {
    this.closes += 1;
    this.drop(new TurnError('connection_lost', 'closed by the bot'));
  }

  /** The service's side: one event after another. */
  receive(...events: readonly wire.WireEvent[]): void {
    for (const event of events) if (this.isOpen) this.#listener.onEvent(readServerEvent(event));
  }

  drop(reason = new TurnError('connection_lost', 'the socket broke')): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    this.#listener.onClosed(reason);
  }

  sentOf(type: string): Sent[] {
    return this.sent.filter((event) => event.type === type);
  }
}

/** Plays the answer to one `response.create`. */
export type Answer = (connection: FakeConnection, turn: string) => void;

/** Answers a turn in full. */
export function says(text: string): Answer {
  return (connection, turn) => {
    const response = `resp_${turn}`;
    connection.receive(
      wire.created({ response, turn }),
      wire.transcriptDelta(text, { response }),
      wire.audioDelta([1, 2, 3, 4], { response }),
      wire.done({ response, turn }),
    );
  };
}

export function failsWith(error: wire.WireErrorFields): Answer {
  return (connection, turn) => {
    const response = `resp_${turn}`;
    connection.receive(wire.created({ response, turn }), wire.done({ response, turn, ...wire.failedBy(error) }));
  };
}

/** Sends a delta, and then the socket breaks. */
export function breaksAfter(text: string): Answer {
  return (connection, turn) => {
    const response = `resp_${turn}`;
    connection.receive(wire.created({ response, turn }), wire.transcriptDelta(text, { response }));
    connection.drop();
  };
}

export const silent: Answer = () => {};

/** A service without sockets: it answers turn by turn from a list, over as many connections as are opened. */
export class FakeModel {
  readonly clock: ManualClock;
  readonly connections: FakeConnection[] = [];
  /** Sets how many openings fail, and how. */
  readonly refusals: TurnError[] = [];
  readonly #answers: Answer[];

  constructor(answers: readonly Answer[] = [], clock = new ManualClock()) {
    this.#answers = [...answers];
    this.clock = clock;
  }

  /** How many answers are left. */
  get answersLeft(): number {
    return this.#answers.length;
  }

  /** The connection that was opened last. */
  get last(): FakeConnection {
    const last = this.connections.at(-1);
    if (last === undefined) throw new Error('nothing was opened');
    return last;
  }

  /** The texts of all user items that went out, connection by connection. */
  get userTexts(): string[][] {
    return this.connections.map((connection) => connection.sentOf('conversation.item.create').map(textOf));
  }

  readonly open: OpenConnection = async (listener, signal) => {
    if (signal.aborted) throw signal.reason;
    const refusal = this.refusals.shift();
    if (refusal !== undefined) throw refusal;
    const connection = new FakeConnection(listener, (event, from) => this.#onSent(event, from));
    this.connections.push(connection);
    return connection;
  };

  get sessionDeps(): SessionDeps {
    return { open: this.open, settings: SETTINGS, clock: this.clock, ids: randomIds, log: createLogger('silent') };
  }

  #onSent(event: Sent, connection: FakeConnection): void {
    if (event.type !== 'response.create') return;
    const answer = this.#answers.shift();
    const { metadata } = fieldsOf(event, 'response') as { metadata: { turn: string } };
    // The service answers later, never within the call that sends.
    setImmediate(() => answer?.(connection, metadata.turn));
  }
}

/** An object in an event that was sent; empty when there is none. */
export function fieldsOf(event: Sent | undefined, name: string): Readonly<Record<string, unknown>> {
  return (event?.[name] ?? {}) as Readonly<Record<string, unknown>>;
}

function textOf(event: Sent): string {
  const { content } = fieldsOf(event, 'item') as { content: { text: string }[] };
  return content.map(({ text }) => text).join('');
}

export const NEVER: AbortSignal = new AbortController().signal;
