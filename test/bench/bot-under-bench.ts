import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { activityOf, createPoster, type Poster } from '../support/kit/deliver.ts';
import { modelEnv } from '../support/kit/fake-servers.ts';
import type { ProbeCalls } from './bot-probe.ts';
import type { Arrival, ConnectorCalls } from './connector-process.ts';
import { epochMs } from './measure.ts';
import { type Remote, startRemote } from './remote.ts';

/** A user's message. The id names the turn, too. */
export interface Message {
  readonly id: string;
  readonly conversation: string;
  readonly text: string;
  /** Default: the Emulator, which gets an answer in one piece. */
  readonly channelId?: 'emulator' | 'webchat';
}

export interface AnsweredMessage {
  readonly postedAtMs: number;
  readonly reply: Arrival;
}

export interface BotUnderBench {
  readonly probe: Remote<ProbeCalls>;
  /** The last lines of its log at `warn` and above. */
  readonly complaints: readonly string[];
  /** Posts all at once, or so far apart; resolves when each was answered, in the order of the messages. */
  ask(messages: readonly Message[], apartMs?: number): Promise<AnsweredMessage[]>;
}

export interface BotOptions {
  readonly modelUrl: string;
  readonly connector: Remote<ConnectorCalls>;
  readonly env?: Readonly<Record<string, string>>;
  /** Further options of Node. */
  readonly nodeArgs?: readonly string[];
}

const DIST = fileURLToPath(new URL('../../dist/', import.meta.url));
const PROBE = new URL('./bot-probe.ts', import.meta.url).href;
const MAX_COMPLAINTS = 5;
/** How the built bot is started, in a folder without a `.env`. */
export const BUILT_BOT = { file: `${DIST}index.js`, cwd: DIST };

/** The port, if this line of the bot's log is the one that names it. */
export function listeningPort(line: string): number | undefined {
  const { msg, port }: { msg?: string; port?: number } = line.startsWith('{') ? JSON.parse(line) : {};
  return msg?.startsWith('listening') ? port : undefined;
}

/** The built bot in a process of its own. */
export async function startBot({ modelUrl, connector, env, nodeArgs = [] }: BotOptions): Promise<BotUnderBench> {
  const listening = Promise.withResolvers<number>();
  const connected = Promise.withResolvers<void>();
  if (env?.['DATABASE_URL'] === undefined) connected.resolve();
  const complaints: string[] = [];
  const probe = startRemote<ProbeCalls>({
    name: 'bot',
    args: ['--expose-gc', ...nodeArgs, '--import', PROBE, BUILT_BOT.file],
    cwd: BUILT_BOT.cwd,
    env: { ...modelEnv(modelUrl, 'bench'), ...env },
    onLine(line) {
      const port = listeningPort(line);
      if (port !== undefined) listening.resolve(port);
      if (line.includes('"database connected"')) connected.resolve();
      if (!line.includes('"level":"info"') && complaints.push(line) > MAX_COMPLAINTS) complaints.shift();
    },
  });
  const port = await Promise.race([listening.promise, probe.ended]);
  await Promise.race([connected.promise, probe.ended]);
  const botUrl = `http://127.0.0.1:${port}`;
  const serviceUrl = await connector.call('url');
  const poster = createPoster();
  return {
    probe,
    complaints,
    async ask(messages, apartMs = 0) {
      const posted: { postedAtMs: number; done: Promise<void> }[] = [];
      for (const message of messages) {
        if (apartMs > 0 && posted.length > 0) await sleep(apartMs);
        posted.push({ postedAtMs: epochMs(), done: post(poster, botUrl, toActivity(message, serviceUrl)) });
      }
      await Promise.all(posted.map(({ done }) => done));
      const taken = connector.call('takeMessages', messages.length);
      const arrivals = await Promise.race([taken, probe.ended]).catch((cause: unknown) => {
        throw new Error(`not all messages were answered\n${complaints.join('\n')}`, { cause });
      });
      const byId = new Map(arrivals.map((arrival) => [arrival.replyToId, arrival]));
      return messages.map(({ id }, index) => {
        const reply = byId.get(id);
        if (!reply?.hasAudio) throw new Error(`${id} was not answered well: ${reply?.text}\n${complaints.join('\n')}`);
        return { postedAtMs: posted[index]?.postedAtMs ?? Number.NaN, reply };
      });
    },
  };
}

function toActivity({ id, conversation: conversationId, text, channelId = 'emulator' }: Message, serviceUrl: string) {
  return activityOf({ serviceUrl, conversationId, channelId }, { id, text, textFormat: 'plain' });
}

/** Resolves when the bot has taken the activity. */
async function post(poster: Poster, botUrl: string, activity: object): Promise<void> {
  const { status, label } = await poster.post(botUrl, JSON.stringify(activity));
  if (status !== 200) throw new Error(`the bot answered a message with ${label}`);
}
