import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
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
  readonly modelPort: number;
  readonly connector: Remote<ConnectorCalls>;
  readonly env?: Readonly<Record<string, string>>;
  /** Further options of Node. */
  readonly nodeArgs?: readonly string[];
}

const DIST = fileURLToPath(new URL('../../dist/', import.meta.url));
const PROBE = new URL('./bot-probe.ts', import.meta.url).href;
const MOST_COMPLAINTS = 5;
/** The bot closes idle connections after 5 s; a POST must not meet the close. */
const CLIENT_IDLE_MS = 3_000;

/** What the built bot is started with; nothing else of the surroundings reaches it. */
export function botEnv(modelPort: number): Record<string, string> {
  return {
    AZURE_OPENAI_ENDPOINT: `http://127.0.0.1:${modelPort}`,
    AZURE_OPENAI_DEPLOYMENT_NAME: 'bench',
    AZURE_OPENAI_API_KEY: 'bench',
    LOG_LEVEL: 'info',
    PORT: '0',
  };
}

/** How the built bot is started, in a folder without a `.env`. */
export const BUILT_BOT = { file: `${DIST}index.js`, cwd: DIST };

/** The port, if this line of the bot's log is the one that names it. */
export function listeningPort(line: string): number | undefined {
  const { msg, port }: { msg?: string; port?: number } = line.startsWith('{') ? JSON.parse(line) : {};
  return msg?.startsWith('listening') ? port : undefined;
}

/** The built bot in a process of its own. */
export async function startBot({ modelPort, connector, env, nodeArgs = [] }: BotOptions): Promise<BotUnderBench> {
  const listening = Promise.withResolvers<number>();
  const complaints: string[] = [];
  const probe = startRemote<ProbeCalls>({
    name: 'bot',
    args: ['--expose-gc', ...nodeArgs, '--import', PROBE, BUILT_BOT.file],
    cwd: BUILT_BOT.cwd,
    env: { ...botEnv(modelPort), ...env },
    onLine(line) {
      const port = listeningPort(line);
      if (port !== undefined) listening.resolve(port);
      if (!line.includes('"level":"info"') && complaints.push(line) > MOST_COMPLAINTS) complaints.shift();
    },
  });
  const port = await Promise.race([listening.promise, probe.ended]);
  const serviceUrl = `http://127.0.0.1:${await connector.call('port')}`;
  const agent = new Agent({ keepAlive: true, timeout: CLIENT_IDLE_MS });
  return {
    probe,
    complaints,
    async ask(messages, apartMs = 0) {
      const posted: { postedAtMs: number; done: Promise<void> }[] = [];
      for (const message of messages) {
        if (apartMs > 0 && posted.length > 0) await sleep(apartMs);
        posted.push({ postedAtMs: epochMs(), done: post(agent, port, toActivity(message, serviceUrl)) });
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

function toActivity({ id, conversation, text, channelId = 'emulator' }: Message, serviceUrl: string): object {
  return {
    type: 'message',
    id,
    channelId,
    serviceUrl,
    conversation: { id: conversation },
    from: { id: 'user', name: 'Ada' },
    recipient: { id: 'bot', name: 'Bot' },
    timestamp: new Date().toISOString(),
    locale: 'en-GB',
    textFormat: 'plain',
    text,
  };
}

/** Resolves when the bot has taken the activity. */
function post(agent: Agent, port: number, activity: object): Promise<void> {
  const body = JSON.stringify(activity);
  const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
  return new Promise((resolve, reject) => {
    const sent = request({ agent, port, host: '127.0.0.1', method: 'POST', path: '/api/messages', headers });
    sent.on('error', reject);
    sent.on('response', (response) => {
      response.resume();
      response.on('end', () => {
        if (response.statusCode === 200) resolve();
        else reject(new Error(`the bot answered a message with ${response.statusCode}`));
      });
    });
    sent.end(body);
  });
}
