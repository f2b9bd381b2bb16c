import { type Script, scripted } from '../../dev/simulator/script.ts';
import { type Simulator, type SimulatorOptions, startSimulator } from '../../dev/simulator/simulator.ts';
import { toneVoice } from '../../dev/simulator/voice.ts';
import { type App, type AppDeps, createApp } from '../../src/app.ts';
import { readConfig } from '../../src/config/config.ts';
import type { Env } from '../../src/config/env.ts';
import { createLogger } from '../../src/log.ts';
import { Gathered, inTime } from '../realtime/gathered.ts';
import { TEST_BUILD } from './build.ts';
import { type FakeConnector, startFakeConnector } from './fake-connector.ts';
import { startOpenIdServer } from './openid-server.ts';

type ScriptedTurns = Parameters<typeof scripted>[0];

export interface BotUnderTestOptions {
  /** The scripted turns of the model. All of them have to be consumed. */
  readonly turns?: ScriptedTurns;
  readonly env?: Env;
  /** Then posts carry a valid token of the channel unless the test passes another. */
  readonly hasAppId?: boolean;
  readonly simulator?: Partial<SimulatorOptions>;
  readonly deps?: Partial<AppDeps>;
}

export interface BotUnderTest extends AsyncDisposable {
  readonly url: string;
  readonly connector: FakeConnector;
  readonly simulator: Simulator;
  readonly script: Script;
  readonly app: App;
  /** Parsed lines of the bot's log. */
  readonly logs: readonly Record<string, unknown>[];
  /** Resolves with the lines with this message, once there are `count`. */
  logged(msg: string, count?: number): Promise<readonly Record<string, unknown>[]>;
  /** Every event on the model's socket. */
  readonly events: readonly { from: 'client' | 'server'; event: Record<string, unknown>; sessionId: string }[];
  /** The header with a valid token of the channel, if there is an app id. */
  signature(): Record<string, string>;
  post(activity: unknown, headers?: Record<string, string>): Promise<Response>;
  /** A message of a user, as a channel delivers it. */
  message(text: string | undefined, fields?: Record<string, unknown>): Record<string, unknown>;
  /** Posts a message and resolves with the answer to the POST. */
  says(text: string, fields?: Record<string, unknown>): Promise<Response>;
  /** Closes all parts, and throws if the script was not consumed. */
  close(): Promise<void>;
}

/** The real bot on a real port, between a simulated model and a fake channel, all over real sockets. */
export async function startBot(options: BotUnderTestOptions = {}): Promise<BotUnderTest> {
  const script = scripted(options.turns ?? []);
  const connector = await startFakeConnector();
  const openId = options.hasAppId ? await startOpenIdServer() : undefined;
  const signature = (): Record<string, string> =>
    openId === undefined ? {} : { authorization: `Bearer ${openId.token(connector.url)}` };
  const events: BotUnderTest['events'][number][] = [];
  const simulator = await startSimulator({
    responder: script.responder,
    voice: toneVoice(),
    paceMs: 0,
    onEvent: (from, event, sessionId) => events.push({ from, event, sessionId }),
    ...options.simulator,
  });
  const logs = new Gathered<Record<string, unknown>>();
  const config = readConfig({
    AZURE_OPENAI_ENDPOINT: simulator.url,
    AZURE_OPENAI_DEPLOYMENT_NAME: 'simulator',
    AZURE_OPENAI_API_KEY: 'test-key',
    PORT: '0',
    ...openId?.env,
    ...options.env,
  });
  const log = createLogger('debug', { write: (line: string) => logs.add(JSON.parse(line)) });
  const app = createApp({ config, log, build: TEST_BUILD, ...options.deps });
  const url = `http://127.0.0.1:${await app.start()}`;
  let count = 0;
  let isClosed = false;

  const bot: BotUnderTest = {
    url,
    connector,
    simulator,
    script,
    app,
    logs: logs.all,
    async logged(msg, minCount = 1) {
      for (;;) {
        const lines = logs.all.filter((line) => line['msg'] === msg);
        if (lines.length >= minCount) return lines;
        await inTime(logs.when(logs.all.length + 1));
      }
    },
    events,
    signature,
    post: (activity, headers = {}) =>
      fetch(`${url}/api/messages`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...signature(), ...headers },
        body: typeof activity === 'string' ? activity : JSON.stringify(activity),
      }),
    message: (text, fields = {}) => ({
      ...baseActivity(connector.url, ++count),
      ...(text === undefined ? {} : { text }),
      ...fields,
    }),
    says: (text, fields) => bot.post(bot.message(text, fields)),
    async close() {
      if (isClosed) return;
      isClosed = true;
      await app.close();
      await simulator.close();
      await connector.close();
      await openId?.close();
      script.assertConsumed();
    },
    [Symbol.asyncDispose]: () => bot.close(),
  };
  return bot;
}

const BOT = { id: 'bot-1', name: 'Bot' };

function baseActivity(serviceUrl: string, count: number): Record<string, unknown> {
  return {
    type: 'message',
    id: `activity-${count}`,
    channelId: 'emulator',
    serviceUrl,
    conversation: { id: 'conversation-1' },
    from: { id: 'user-1', name: 'Ada' },
    recipient: BOT,
    // In groups the bot ignores messages without a mention.
    entities: [{ type: 'mention', mentioned: BOT }],
  };
}

/** The samples of a canonical WAV. */
export function samplesOf(wav: Uint8Array): Buffer {
  return Buffer.from(wav.buffer, wav.byteOffset + 44, wav.byteLength - 44);
}
