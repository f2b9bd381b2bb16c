import type { CrashLedger, Message } from './ledger.ts';

/** A response that is being made. */
interface Active {
  readonly of: Message;
  readonly instance: string;
  readonly atMs: number;
  deltas: number;
}

/** The responses of all sessions: never two of one conversation at a time. */
export class Responses {
  readonly #ledger: CrashLedger;
  /** By its session. */
  readonly #active = new Map<string, Active>();
  readonly #instances = new Map<string, string>();

  constructor(ledger: CrashLedger) {
    this.#ledger = ledger;
  }

  /** The instance that has opened a session. */
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

  /** Gives the response that the event is a part of. */
  noteEvent(event: Readonly<Record<string, unknown>>, sessionId: string): Active | undefined {
    const { type, session } = event as { type?: string; session?: { model?: string } };
    if (type === 'session.created') this.#instances.set(sessionId, session?.model ?? '');
    const active = this.#active.get(sessionId);
    if (type === 'response.done') this.#active.delete(sessionId);
    if (active === undefined || type !== 'response.output_audio.delta') return undefined;
    active.deltas++;
    return active;
  }

  /** A line of the model's log: a session that is closed makes no response. */
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
