import assert from 'node:assert/strict';
import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import type { Env } from '../../src/config/env.ts';
import { inTime } from '../realtime/gathered.ts';
import { type BotProcess, startBotProcess } from '../support/bot-process.ts';
import { type FakeConnector, startFakeConnector } from '../support/fake-connector.ts';
import { type Figures, PROBE_LINE } from './probe.ts';
import { countOne } from './report.ts';
import { HELLO, startService } from './service.ts';

export interface BotUnderFire {
  readonly url: string;
  readonly process: BotProcess;
  readonly connector: FakeConnector;
  /** Memory and sockets of the bot's process. */
  figures(): Promise<Figures>;
  /** Throws when a normal message is not answered in text and with sound, or the bot says that it is not well. */
  assertWell(): Promise<void>;
  /** Lines of the log that say that something broke, by what they say. */
  faults(): ReadonlyMap<string, number>;
  close(): Promise<void>;
}

const PROBE = new URL('probe.ts', import.meta.url).href;

/** A bot in a process of its own between a quick service and a fake channel, with a probe in it. */
export async function startBotUnderFire(env: Env = {}): Promise<BotUnderFire> {
  const service = await startService();
  const connector = await startFakeConnector();
  const bot = startBotProcess({
    AZURE_OPENAI_ENDPOINT: service.url,
    AZURE_OPENAI_DEPLOYMENT_NAME: 'quick',
    AZURE_OPENAI_API_KEY: 'test-key',
    LOG_LEVEL: 'info',
    PORT: '0',
    FUZZ_PROBE: 'on',
    NODE_OPTIONS: `--import=${PROBE}`,
    ...env,
  });
  const url = await bot.whenListening();
  const probe = await bot.whenLogged(({ msg }) => msg === PROBE_LINE);
  let greetings = 0;
  return {
    url,
    process: bot,
    connector,
    figures: async () => JSON.parse(await read(`http://127.0.0.1:${probe['port']}`)),
    async assertWell() {
      assert.match(await read(`${url}/health`), /^\{"status":"ok"/);
      await assertAnswers(url, connector, `well-${++greetings}`);
    },
    faults: () => countFaults(bot.stdout),
    async close() {
      await bot[Symbol.asyncDispose]();
      await connector.close();
      await service.close();
    },
  };
}

async function assertAnswers(url: string, connector: FakeConnector, id: string): Promise<void> {
  const message = {
    type: 'message',
    id,
    channelId: 'emulator',
    serviceUrl: connector.url,
    conversation: { id },
    from: { id: 'user-1' },
    recipient: { id: 'bot-1' },
    text: 'Are you there?',
  };
  const headers = { 'content-type': 'application/json', connection: 'close' };
  const body = JSON.stringify(message);
  const answer = await fetch(`${url}/api/messages`, { method: 'POST', headers, body });
  assert.equal(answer.status, 200, await answer.text());
  const reply = await inTime(connector.when((call) => call.path.endsWith(`/${id}`) && call.body.type === 'message'));
  assert.equal(reply.body.text, HELLO);
  const sound = await fetch(reply.body.attachments[0].contentUrl, { headers: { connection: 'close' } });
  assert.equal((await sound.arrayBuffer()).byteLength, 44 + 480);
}

/** A request of its own, with a connection of its own. */
async function read(url: string): Promise<string> {
  const [response] = (await once(get(url, { agent: false }), 'response')) as [IncomingMessage];
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk);
  return String(Buffer.concat(chunks));
}

/** What an operator would have to look into; a line that is no JSON is such a thing, too. */
function countFaults(stdout: string): Map<string, number> {
  const faults = new Map<string, number>();
  for (const line of stdout.split('\n').slice(0, -1)) {
    const { level, msg, err } = line.startsWith('{') ? JSON.parse(line) : { level: 'error', msg: `not JSON: ${line}` };
    const cause = err?.statusCode ?? err?.code ?? err?.message;
    if (level === 'error' || level === 'fatal') countOne(faults, cause === undefined ? msg : `${msg} (${cause})`);
  }
  return faults;
}
