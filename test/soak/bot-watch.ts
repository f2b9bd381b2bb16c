import type { LogLine } from '../support/bot-process.ts';
import { type BotOutput, type ProbedBot, watchOutput } from '../support/kit/bot.ts';
import type { Figures } from '../support/kit/probe.ts';
import { Counts } from '../support/kit/report.ts';
import type { SoakLedger } from './ledger.ts';

export interface MemorySample extends Figures {
  readonly instance: number;
  readonly atMinute: number;
}

/** Why the bot gave up a reply: the channel's status, or a connection error. */
export interface NotSent {
  readonly status: number | undefined;
  readonly code: string;
}

/** Reads the output of all instances. */
export class BotWatch {
  /** Replies that the bot gave up, by activity id. */
  readonly notSent = new Map<string, NotSent>();
  /** `expectReplies` turns whose cost was not stored in time: their reservation counts as spent. */
  readonly unsettled = new Set<string>();
  readonly memory: MemorySample[] = [];
  readonly #ledger: SoakLedger;
  readonly #instances: { readonly output: BotOutput; readonly figures: ProbedBot['figures'] }[] = [];
  /** Messages that were refused at their last delivery. */
  readonly #rejected = new Set<string>();

  constructor(ledger: SoakLedger) {
    this.#ledger = ledger;
  }

  add({ bot, figures }: ProbedBot): void {
    const output = watchOutput(
      bot,
      (line) => this.#note(line),
      (line) => this.#isExpected(line),
    );
    this.#instances.push({ output, figures });
  }

  /** How often each `level message` was logged. */
  get lines(): Counts<string> {
    const sum = new Counts<string>();
    for (const { output } of this.#instances) for (const [line, count] of output.lines) sum.add(line, count);
    return sum;
  }

  /** Log lines about faults that must never happen, and everything on standard error. */
  get broken(): readonly string[] {
    return this.#instances.flatMap(({ output }) => output.broken);
  }

  /** Reads the new output. */
  look(): void {
    for (const { output } of this.#instances) output.read();
  }

  /** Samples the memory of each running instance. */
  async sample(atMinute: number): Promise<void> {
    for (const [index, { figures }] of this.#instances.entries()) {
      const taken = await figures().catch(() => undefined);
      if (taken !== undefined) this.memory.push({ ...taken, instance: index + 1, atMinute });
    }
  }

  #note({ msg, activity, turn, err }: LogLine): void {
    const id = String(activity);
    if (msg === 'activity rejected: not stored') this.#rejected.add(id);
    if (msg === 'message refused: queue full') this.#rejected.delete(id);
    if (msg === 'cost of the turn not stored' && this.#expectsReplies(id)) this.unsettled.add(String(turn));
    // A message that was not accepted has no reply: it is delivered again.
    const isReply = turn !== undefined || !this.#rejected.has(id);
    if (msg === 'reply not sent' && isReply) this.notSent.set(id, reasonOf(err));
  }

  /** An `expectReplies` turn does not wait for an unavailable database: it fails. */
  #isExpected({ msg, activity, err }: LogLine): boolean {
    const { code } = (err ?? {}) as { code?: unknown };
    return msg === 'turn failed' && code === 'store_unavailable' && this.#expectsReplies(String(activity));
  }

  #expectsReplies(activity: string): boolean {
    return this.#ledger.find(activity)?.expectsReplies ?? false;
  }
}

function reasonOf(err: unknown): NotSent {
  const { type, code, statusCode } = (err ?? {}) as { type?: unknown; code?: unknown; statusCode?: unknown };
  return { status: typeof statusCode === 'number' ? statusCode : undefined, code: String(code ?? type) };
}
