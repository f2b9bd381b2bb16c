import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { json } from 'node:stream/consumers';
import type { Env } from '../../../src/config/env.ts';
import { type BotProcess, type LogLine, SOURCE, startBotProcess } from '../bot-process.ts';
import { NEVER_LOGGED } from './never-logged.ts';
import { type Figures, PROBE_LINE, UNCOLLECTED } from './probe.ts';
import { Counts } from './report.ts';

/** The output of a bot up to the last `read`. */
export interface BotOutput {
  /** How often each `level message` was logged. */
  readonly lines: Counts<string>;
  /** Log lines about faults that must never happen, and everything on standard error. */
  readonly broken: readonly string[];
  /** Reads the new output. */
  read(): void;
}

const MAX_LINE_CHARS = 1_500;

/** Reads the output of a bot. `onLine` gets each log line; `isExpected` accepts lines that would count as broken. */
export function watchOutput(
  bot: BotProcess,
  onLine: (line: LogLine) => void = () => {},
  isExpected: (line: LogLine) => boolean = () => false,
): BotOutput {
  const lines = new Counts<string>();
  const broken: string[] = [];
  const [stdout, stderr] = [lineReader(), lineReader()];
  function note(line: string): void {
    const parsed = parse(line);
    const { level, msg } = parsed ?? {};
    const isBroken = parsed === undefined || level === 'fatal' || NEVER_LOGGED.some((text) => line.includes(text));
    if (isBroken && (parsed === undefined || !isExpected(parsed))) broken.push(line.slice(0, MAX_LINE_CHARS));
    if (parsed === undefined) return;
    lines.add(`${level} ${msg}`);
    onLine(parsed);
  }
  return {
    lines,
    broken,
    read() {
      for (const line of stdout(bot.stdout)) note(line);
      for (const line of stderr(bot.stderr)) broken.push(`on standard error: ${line.slice(0, MAX_LINE_CHARS)}`);
    },
  };
}

export interface ProbedBot {
  readonly bot: BotProcess;
  readonly url: string;
  /** Memory and sockets after a garbage collection in the bot's process. */
  figures(): Promise<Figures>;
  /** The open sockets of the bot's process, without a garbage collection. */
  sockets(): Promise<number>;
}

/** Starts the bot with a probe in its process. */
export async function startProbedBot(env: Env): Promise<ProbedBot> {
  const NODE_OPTIONS = `--import=${new URL('probe.ts', import.meta.url).href}`;
  // From source: the limits on its memory were measured that way.
  const bot = startBotProcess({ BOT_PROBE: 'on', NODE_OPTIONS, ...env }, SOURCE);
  const url = await bot.whenListening();
  const { port } = await bot.whenLogged(({ msg }) => msg === PROBE_LINE);
  const request = async (path = '') => (await json(await getOnce(`http://127.0.0.1:${port}${path}`))) as Figures;
  return { bot, url, figures: () => request(), sockets: async () => (await request(UNCOLLECTED)).sockets };
}

/** A GET with its own connection. */
export async function getOnce(url: string): Promise<IncomingMessage> {
  const [response] = (await once(get(url, { agent: false }), 'response')) as [IncomingMessage];
  return response;
}

/** Returns the complete lines added to a text since the last call. */
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
