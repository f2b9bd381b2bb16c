import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DEFAULT_PRICES } from '../../src/prices.ts';
import { type BotProcess, startBotProcess } from '../support/bot-process.ts';
import { activityOf, createPoster, deliver } from '../support/kit/deliver.ts';
import { type Channel, type FakeServer, modelEnv } from '../support/kit/fake-servers.ts';
import { checkAudio } from '../support/kit/judge.ts';
import { sharedPostgres, type TestPostgres } from '../support/postgres.ts';
import { startHoldingChannel } from './channel.ts';
import { watchDatabase } from './database-watch.ts';
import { Holds } from './holds.ts';
import { CrashLedger, type Message } from './ledger.ts';
import { AUDIO_MS, type Model, startModel } from './model.ts';
import { startPostgresRelay } from './postgres-relay.ts';
import { COMMANDS } from './steps.ts';

/** One process of the bot. */
export interface Instance {
  readonly name: string;
  readonly url: string;
  readonly bot: BotProcess;
  /** When it was killed, in milliseconds since the epoch. */
  killedAtMs: number | undefined;
  /** `kill -9`. Resolves when the process has ended. */
  kill(): Promise<void>;
}

/** The environment of the instances: one database, one model, one channel, one file server. */
export interface World {
  readonly name: string;
  readonly ledger: CrashLedger;
  readonly holds: Holds;
  readonly model: Model;
  readonly postgres: TestPostgres;
  /** The address of the database, without the relay. */
  readonly databaseUrl: string;
  /** Every instance that was started. */
  readonly instances: readonly Instance[];
  startInstance(): Promise<Instance>;
  /** Delivers a message until an instance accepts it. `target`: the instance for the next delivery. */
  deliver(message: Message, target: () => Instance | undefined): Promise<void>;
  /** Checks the audio of an answer at this instance. */
  checkAudio(message: Message, instance: Instance): Promise<string>;
  close(): Promise<void>;
}

export interface WorldOptions {
  /** A letter: the prefix of the names of its instances. */
  readonly name: string;
  /** The delays of the model and of each call to the channel, in milliseconds. */
  readonly thinkMs: () => number;
  readonly channelMs: () => number;
  /** Further settings of each instance. */
  readonly env: Readonly<Record<string, string>>;
}

const PACE_MS = 2;
const MAX_DELIVERIES = 120;
const PAUSE_MS = 500;
/** How long after the end of a process its sockets may still seem open. */
const SOCKETS_END_MS = 100;
const MAX_INSTANCES = 60;
const CHOSEN_VOICE = 'marin';

export async function startWorld({ name: letter, thinkMs, channelMs, env }: WorldOptions): Promise<World> {
  const ledger = new CrashLedger();
  const holds = new Holds(ledger);
  const postgres = await sharedPostgres();
  const databaseUrl = await postgres.createDatabase();
  const model = await startModel({ ledger, holds, thinkMs, paceMs: PACE_MS });
  const channel = await startHoldingChannel({ ledger, holds, delayMs: channelMs });
  const files = await startFiles(ledger, holds);
  const folder = mkdtempSync(join(tmpdir(), 'crash-'));
  const limits = { DAILY_BUDGET_USD: '100000', PRICE_TABLE: writePrices(folder, letter) };
  const instances: Instance[] = [];
  let startedCount = 0;
  const proxies: AsyncDisposable[] = [];
  const poster = createPoster();

  async function startInstance(): Promise<Instance> {
    startedCount += 1;
    const name = `${letter}${startedCount}`;
    const proxy = await startPostgresRelay(postgres.port, watchDatabase({ instance: name, ledger, holds }));
    proxies.push(proxy);
    const bot = startBotProcess({
      ...{ ...modelEnv(model.url, name), DATABASE_URL: proxy.addressOf(databaseUrl), ...limits },
      ...{ LOG_LEVEL: process.env['LOG_LEVEL'] ?? 'info', ...env },
    });
    // Registered at once, so that `close` ends its process in any case.
    const index = instances.push({ name, bot, url: '', killedAtMs: undefined, kill: async () => {} }) - 1;
    const started: Instance = {
      ...{ name, bot, url: await bot.whenListening(), killedAtMs: undefined },
      async kill() {
        started.killedAtMs = Date.now();
        bot.signal('SIGKILL');
        await bot.ended;
        await sleep(SOCKETS_END_MS);
        model.killed(name);
      },
    };
    instances[index] = started;
    return started;
  }

  async function deliverTo(message: Message, target: () => Instance | undefined): Promise<void> {
    const options = { ledger, poster, maxDeliveries: MAX_DELIVERIES, pauseMs: () => PAUSE_MS };
    const next = () => {
      const instance = target();
      message.postedTo = instance?.name;
      return instance?.url;
    };
    const answer = await deliver(message, activityFor(message, channel, files), { ...options, target: next });
    if (answer === undefined) ledger.note('never accepted', message.token);
  }

  return {
    ...{
      name: letter,
      ledger,
      holds,
      model,
      postgres,
      databaseUrl,
      instances,
      startInstance,
      checkAudio: checkAudioAt,
      deliver: deliverTo,
    },
    async close() {
      poster.close();
      await Promise.all(instances.map(({ bot }) => bot[Symbol.asyncDispose]()));
      await Promise.all(proxies.map((proxy) => proxy[Symbol.asyncDispose]()));
      for (const each of [model, channel, files]) await each.close();
      rmSync(folder, { recursive: true });
    },
  };
}

function activityFor(message: Message, channel: Channel, files: FakeServer) {
  const { conversation, activityId: id, token, kind } = message;
  const { index, channelId } = conversation;
  const place = { serviceUrl: channel.url, conversationId: conversation.id, index, channelId };
  if (COMMANDS.has(kind)) return activityOf(place, { id, text: `/voice ${CHOSEN_VOICE}` });
  const file = { contentType: 'text/plain', contentUrl: `${files.url}/${token}`, name: 'notes.txt' };
  const attachments = kind === 'reading' ? [file] : [];
  return activityOf(place, { id, text: `${token}: what do you say?`, attachments });
}

/** Serves files, and holds those of messages to be interrupted. */
async function startFiles(ledger: CrashLedger, holds: Holds): Promise<FakeServer> {
  const server = createServer(async (request, response) => {
    if (holds.reach(ledger.find(request.url ?? ''), 'reading')) await holds.whenReleased;
    response.writeHead(200, { 'content-type': 'text/plain' }).end('Buy milk.');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** Each instance uses a deployment with its own name, so each name needs a price. */
function writePrices(folder: string, letter: string): string {
  const [price] = Object.values(DEFAULT_PRICES.models);
  const names = Array.from({ length: MAX_INSTANCES }, (_, index) => `${letter}${index + 1}`);
  const path = join(folder, 'prices.json');
  const models = Object.fromEntries(names.map((name) => [name, price]));
  writeFileSync(path, JSON.stringify({ date: DEFAULT_PRICES.date, models }));
  return path;
}

/** Fetches from `instance`: the one that made the link may be dead. */
async function checkAudioAt({ audioUrl, conversation: { index } }: Message, instance: Instance): Promise<string> {
  if (audioUrl === undefined) return 'missing';
  const { protocol, pathname, search } = new URL(audioUrl);
  return checkAudio(protocol === 'data:' ? audioUrl : `${instance.url}${pathname}${search}`, index, AUDIO_MS);
}
