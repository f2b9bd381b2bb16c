import type { CrashLedger, Message } from './ledger.ts';

/** A response in progress. */
interface Active {
  readonly of: Message;
  readonly instance: string;
  readonly atMs: number;
  deltas: number;
}

/** The responses of all sessions. Notes two of the same conversation at a time. */
export class Responses {
  readonly #ledger: CrashLedger;
  /** By session id. */
  readonly #active = new Map<string, Active>();
  readonly #instances = new Map<string, string>();

  constructor(ledger: CrashLedger) {
    this.#ledger = ledger;
  }

  /** The instance that opened a session. */
  instanceOf(sessionId: string): string {
    return this.#instances.get(sessionId) ?? 'nobody';
  }

  began(of: Message, sessionId: string): void {
    const instance = this.instanceOf(sessionId);
    for (const other of this.#active.values()) {
      if (other.of.conversation !== of.conversation) continue;
      const sinceMs = Date.now() - other.atMs;
      this.#ledger.note(
        'two turns at a time',
        `${of.token} by ${instance} while ${other.of.token} by ${other.instance} (${sinceMs} ms)`,
      );
    }
    this.#active.set(sessionId, { of, instance, atMs: Date.now(), deltas: 0 });
  }

  /** Returns the response of an audio delta. */
  noteEvent(event: Readonly<Record<string, unknown>>, sessionId: string): Active | undefined {
    const { type, session } = event as { type?: string; session?: { model?: string } };
    if (type === 'session.created') this.#instances.set(sessionId, session?.model ?? '');
    const active = this.#active.get(sessionId);
    if (type === 'response.done') this.#active.delete(sessionId);
    if (active === undefined || type !== 'response.output_audio.delta') return undefined;
    active.deltas++;
    return active;
  }

  /** Reads a line of the model's log: a closed session ends its response. */
  noteLog(line: string): void {
    const { msg, session } = JSON.parse(line) as { msg?: string; session?: string };
    if (msg === 'session closed' && session !== undefined) this.#active.delete(session);
  }

  killed(instance: string): void {
    for (const [sessionId, active] of this.#active) {
      if (active.instance === instance) this.#active.delete(sessionId);
    }
  }
}
