import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DEFAULT_PRICES } from '../../src/prices.ts';
import { type BotProcess, startBotProcess } from '../support/bot-process.ts';
import { activityOf, createPoster, deliver } from '../support/kit/deliver.ts';
import { type Channel, type FarEnd, modelEnv } from '../support/kit/drivers.ts';
import { hear } from '../support/kit/judge.ts';
import { sharedPostgres, type TestPostgres } from '../support/postgres.ts';
import { startHoldingChannel } from './channel.ts';
import { watchDatabase } from './database-watch.ts';
import { Holds } from './holds.ts';
import { CrashLedger, type Message } from './ledger.ts';
import { type Model, SOUND_MS, startModel } from './model.ts';
import { startPostgresRelay } from './postgres-relay.ts';
import { COMMANDS } from './steps.ts';

/** One process of the bot. */
export interface Instance {
  readonly name: string;
  readonly url: string;
  readonly bot: BotProcess;
  /** When it was killed, in milliseconds since the epoch. */
  killedAtMs: number | undefined;
  /** `kill -9`; resolves when it is gone. */
  kill(): Promise<void>;
}

/** All that is around the instances: one database, one model, one channel, one place with files. */
export interface World {
  readonly name: string;
  readonly ledger: CrashLedger;
  readonly holds: Holds;
  readonly model: Model;
  readonly postgres: TestPostgres;
  /** The address of the database, not by way of a proxy. */
  readonly databaseUrl: string;
  /** Every instance that was started. */
  readonly instances: readonly Instance[];
  startInstance(): Promise<Instance>;
  /** Delivers a message until an instance takes it. `target`: where to deliver next, if anywhere. */
  deliver(message: Message, target: () => Instance | undefined): Promise<void>;
  /** What became of the sound of a message's answer at this instance. */
  hear(message: Message, instance: Instance): Promise<string>;
  close(): Promise<void>;
}

export interface WorldOptions {
  /** A letter, with which the names of its instances begin. */
  readonly name: string;
  /** How long the model thinks and each call to the channel takes, in milliseconds. */
  readonly thinkMs: () => number;
  readonly channelMs: () => number;
  /** Added to that of each instance. */
  readonly env: Readonly<Record<string, string>>;
}

const PACE_MS = 2;
const MAX_DELIVERIES = 120;
const PAUSE_MS = 500;
/** After the end of a process, until all of its sockets are seen to be closed. */
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
    // Known at once, so that its process ends with the world, whatever becomes of it.
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
      hear: hearAt,
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

function activityFor(message: Message, channel: Channel, files: FarEnd) {
  const { conversation, activityId: id, token, kind } = message;
  const { index, channelId } = conversation;
  const place = { serviceUrl: channel.url, conversationId: conversation.id, index, channelId };
  if (COMMANDS.has(kind)) return activityOf(place, { id, text: `/voice ${CHOSEN_VOICE}` });
  const file = { contentType: 'text/plain', contentUrl: `${files.url}/${token}`, name: 'notes.txt' };
  const attachments = kind === 'reading' ? [file] : [];
  return activityOf(place, { id, text: `${token}: what do you say?`, attachments });
}

/** Gives each file, and holds those that are to be interrupted. */
async function startFiles(ledger: CrashLedger, holds: Holds): Promise<FarEnd> {
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

/** Each instance asks for a deployment of its own name: what it asks for costs as another model. */
function writePrices(folder: string, letter: string): string {
  const [price] = Object.values(DEFAULT_PRICES.models);
  const names = Array.from({ length: MAX_INSTANCES }, (_, index) => `${letter}${index + 1}`);
  const path = join(folder, 'prices.json');
  const models = Object.fromEntries(names.map((name) => [name, price]));
  writeFileSync(path, JSON.stringify({ date: DEFAULT_PRICES.date, models }));
  return path;
}

/** The instance that gave the link may be dead. */
async function hearAt({ soundUrl, conversation: { index } }: Message, instance: Instance): Promise<string> {
  if (soundUrl === undefined) return 'missing';
  const { protocol, pathname, search } = new URL(soundUrl);
  return hear(protocol === 'data:' ? soundUrl : `${instance.url}${pathname}${search}`, index, SOUND_MS);
}
