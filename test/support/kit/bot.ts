import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { json } from 'node:stream/consumers';
import type { Env } from '../../../src/config/env.ts';
import { type BotProcess, type LogLine, SOURCE, startBotProcess } from '../bot-process.ts';
import { type Figures, PROBE_LINE, UNCOLLECTED } from './probe.ts';
import { Counts } from './report.ts';

/** What a bot wrote until the last `look`. */
export interface BotOutput {
  /** How often each line was logged, as `level message`. */
  readonly lines: Counts<string>;
  /** Lines that say that something broke that must never break, and everything on standard error. */
  readonly broken: readonly string[];
  /** Reads what is new. */
  look(): void;
}

const NEVER_EXPECTED = /unhandled rejection|uncaught exception|turn broke|request failed|could not be changed/;
/** Only as messages: stack traces name files so. */
const NEVER_LOGGED = /patch|listens to the turn/;
const MAX_LINE_CHARS = 1_500;

/** Reads the output of a bot; `onLine` is given each line of its log, and `isExpected` those that look broken. */
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
    const isBroken =
      parsed === undefined || level === 'fatal' || NEVER_EXPECTED.test(line) || NEVER_LOGGED.test(String(msg));
    if (isBroken && (parsed === undefined || !isExpected(parsed))) broken.push(line.slice(0, MAX_LINE_CHARS));
    if (parsed === undefined) return;
    lines.add(`${level} ${msg}`);
    onLine(parsed);
  }
  return {
    lines,
    broken,
    look() {
      for (const line of stdout(bot.stdout)) note(line);
      for (const line of stderr(bot.stderr)) broken.push(`on standard error: ${line.slice(0, MAX_LINE_CHARS)}`);
    },
  };
}

export interface ProbedBot {
  readonly bot: BotProcess;
  readonly url: string;
  /** Collects garbage in the bot's process first. */
  figures(): Promise<Figures>;
  /** Of the bot's process; nothing is collected for that. */
  sockets(): Promise<number>;
}

/** Starts the bot with a probe in its process. */
export async function startProbedBot(env: Env): Promise<ProbedBot> {
  const NODE_OPTIONS = `--import=${new URL('probe.ts', import.meta.url).href}`;
  // From source, as all bounds on its memory were measured.
  const bot = startBotProcess({ BOT_PROBE: 'on', NODE_OPTIONS, ...env }, SOURCE);
  const url = await bot.whenListening();
  const { port } = await bot.whenLogged(({ msg }) => msg === PROBE_LINE);
  const look = async (path = '') => (await json(await getAlone(`http://127.0.0.1:${port}${path}`))) as Figures;
  return { bot, url, figures: () => look(), sockets: async () => (await look(UNCOLLECTED)).sockets };
}

/** A GET with a connection of its own. */
export async function getAlone(url: string): Promise<IncomingMessage> {
  const [response] = (await once(get(url, { agent: false }), 'response')) as [IncomingMessage];
  return response;
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
