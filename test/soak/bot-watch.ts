import type { BotProcess, LogLine } from '../support/bot-process.ts';

/** What the bot's process held after a collection of garbage. */
export interface MemorySample {
  readonly atMinute: number;
  /** Bytes. */
  readonly heapUsed: number;
  readonly rss: number;
  readonly arrayBuffers: number;
  /** Open at this moment. */
  readonly sockets: number;
  readonly timers: number;
  /** The longest that its event loop was held up since the last sample, in milliseconds. */
  readonly longestDelayMs: number;
}

/** Why the bot gave up a reply: the channel's status, or what became of the connection. */
export interface NotSent {
  readonly status: number | undefined;
  readonly code: string;
}

/** What the bot's own output says. */
export interface BotWatch {
  /** The replies that the bot gave up, by their activity's id. */
  readonly notSent: ReadonlyMap<string, NotSent>;
  /** How often each line was written: `level message`. */
  readonly lines: ReadonlyMap<string, number>;
  /** Lines that say that something broke which nobody expected. */
  readonly broken: readonly string[];
  readonly memory: readonly MemorySample[];
  /** Reads what is new. */
  look(): void;
  /** Asks for a sample, and resolves when it is there, or after a second. */
  sample(atMinute: number): Promise<void>;
}

const NEVER_EXPECTED = /unhandled rejection|uncaught exception|turn broke|request broke|patch|listens to the turn/;
const SAMPLE_LIMIT_MS = 3_000;
const POLL_MS = 20;

/** Watches a bot into which `heap-preload.ts` was loaded. */
export function watchBot(bot: BotProcess): BotWatch {
  const notSent = new Map<string, NotSent>();
  const lines = new Map<string, number>();
  const broken: string[] = [];
  const memory: MemorySample[] = [];
  const stdout = lineReader();
  const stderr = lineReader();
  let atMinute = 0;

  function note(line: string): void {
    const parsed = parse(line);
    const { level, msg, activity } = parsed ?? {};
    const name = `${level} ${msg}`;
    lines.set(name, (lines.get(name) ?? 0) + 1);
    if (msg === 'reply not sent') notSent.set(String(activity), reasonOf(parsed?.['err']));
    if (parsed === undefined || level === 'fatal' || NEVER_EXPECTED.test(String(msg)))
      broken.push(line.slice(0, 1_500));
  }

  function look(): void {
    for (const line of stdout(bot.stdout)) note(line);
    for (const line of stderr(bot.stderr)) {
      const sample = parse(line);
      if (typeof sample?.['heapUsed'] === 'number') memory.push({ ...(sample as unknown as MemorySample), atMinute });
      else broken.push(`on standard error: ${line.slice(0, 1_500)}`);
    }
  }

  return {
    ...{ notSent, lines, broken, memory, look },
    async sample(minute) {
      atMinute = minute;
      const wanted = memory.length + 1;
      bot.signal('SIGUSR2');
      for (let waitedMs = 0; memory.length < wanted && waitedMs < SAMPLE_LIMIT_MS; waitedMs += POLL_MS) {
        await new Promise((resolve) => setTimeout(resolve, POLL_MS));
        look();
      }
    },
  };
}

function reasonOf(err: unknown): NotSent {
  const { type, code, statusCode } = (err ?? {}) as { type?: unknown; code?: unknown; statusCode?: unknown };
  return { status: typeof statusCode === 'number' ? statusCode : undefined, code: String(code ?? type) };
}

/** Gives the whole lines that were added to a text since the last call. */
function lineReader(): (text: string) => string[] {
  let at = 0;
  return (text) => {
    const end = text.lastIndexOf('\n') + 1;
    if (end <= at) return [];
    const added = text.slice(at, end).split('\n').slice(0, -1);
    at = end;
    return added;
  };
}

function parse(line: string): LogLine | undefined {
  try {
    return JSON.parse(line) as LogLine;
  } catch {
    return undefined;
  }
}
