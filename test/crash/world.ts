import { setTimeout as sleep } from 'node:timers/promises';
import { type Azurite, startAzurite } from '../support/azurite.ts';
import { type BotProcess, startBotProcess } from '../support/bot-process.ts';
import { activityOf, createPoster, deliver } from '../support/kit/deliver.ts';
import { type Channel, modelEnv } from '../support/kit/drivers.ts';
import { hear } from '../support/kit/judge.ts';
import { answerOf } from '../support/kit/ledger.ts';
import { startStorageProxy } from '../support/storage-proxy.ts';
import { startHoldingChannel } from './channel.ts';
import { Holds } from './holds.ts';
import { CrashLedger, type Message } from './ledger.ts';
import { type Model, SOUND_MS, startModel } from './model.ts';
import { type StorageUse, watchStorage } from './storage-watch.ts';

/** One process of the bot. */
export interface Instance {
  readonly name: string;
  readonly url: string;
  readonly bot: BotProcess;
  /** `kill -9`; resolves when it is gone. */
  kill(): Promise<void>;
}

/** All that is around the instances: one storage, one model, one channel. */
export interface World {
  readonly ledger: CrashLedger;
  readonly holds: Holds;
  readonly model: Model;
  readonly channel: Channel;
  readonly storage: StorageUse;
  /** Every instance that was started. */
  readonly instances: readonly Instance[];
  startInstance(env?: Readonly<Record<string, string>>): Promise<Instance>;
  /** Delivers a message until an instance takes it. `target`: where to deliver next, if anywhere. */
  deliver(message: Message, target: () => string | undefined): Promise<void>;
  /** What became of the sound of a message's answer at this instance; `undefined` without an answer. */
  hear(message: Message, instanceUrl: string): Promise<string | undefined>;
  close(): Promise<void>;
}

export interface WorldOptions {
  /** How long the model thinks and each call to the channel takes, in milliseconds. */
  readonly thinkMs: () => number;
  readonly channelMs: () => number;
}

const PACE_MS = 2;
const MAX_DELIVERIES = 60;
const PAUSE_MS = 500;
/** After the end of a process, until all of its sockets are seen to be closed. */
const SOCKETS_END_MS = 100;

export async function startWorld({ thinkMs, channelMs }: WorldOptions): Promise<World> {
  const ledger = new CrashLedger();
  const holds = new Holds(ledger);
  const azurite: Azurite = await startAzurite();
  const proxy = await startStorageProxy(azurite.url);
  const storage = watchStorage(proxy, { ledger, holds });
  const model = await startModel({ ledger, holds, thinkMs, paceMs: PACE_MS });
  const channel = await startHoldingChannel({ ledger, holds, delayMs: channelMs });
  const instances: Instance[] = [];
  const poster = createPoster();

  async function startInstance(env = {}): Promise<Instance> {
    const name = `bot-${instances.length + 1}`;
    const bot = startBotProcess({
      ...{ ...modelEnv(model.url, name), AZURE_STORAGE_CONNECTION_STRING: proxy.connectionString },
      ...{ LOG_LEVEL: process.env['LOG_LEVEL'] ?? 'info', ...env },
    });
    // Known at once, so that its process ends with the world, whatever becomes of it.
    const index = instances.push({ name, bot, url: '', kill: async () => {} }) - 1;
    const started: Instance = {
      ...{ name, bot, url: await bot.whenListening() },
      async kill() {
        bot.signal('SIGKILL');
        await bot.ended;
        await sleep(SOCKETS_END_MS);
        model.killed(name);
        ledger.killed.add(new URL(started.url).port);
      },
    };
    instances[index] = started;
    return started;
  }

  async function deliverTo(message: Message, target: () => string | undefined): Promise<void> {
    const { conversation, activityId: id, token } = message;
    const place = { serviceUrl: channel.url, conversationId: conversation.id, index: conversation.index };
    const activity = activityOf(place, { id, text: `${token}: what do you say?` });
    const options = { ledger, poster, target, maxDeliveries: MAX_DELIVERIES, pauseMs: () => PAUSE_MS };
    if ((await deliver(message, activity, options)) === undefined) ledger.note('never accepted', token);
  }

  return {
    ...{ ledger, holds, model, channel, storage, instances, startInstance, hear: hearAt, deliver: deliverTo },
    async close() {
      poster.close();
      await Promise.all(instances.map(({ bot }) => bot[Symbol.asyncDispose]()));
      for (const close of [() => model.close(), () => channel.close(), () => proxy.close(), () => azurite.close()])
        await close();
    },
  };
}

async function hearAt(message: Message, instanceUrl: string): Promise<string | undefined> {
  const shown = answerOf(message);
  if (shown === undefined) return undefined;
  if (shown.soundUrl === undefined) return 'missing';
  // The instance that gave the link may be dead. What the storage did not take in time is in the message itself.
  const { protocol, pathname, search } = new URL(shown.soundUrl);
  const url = protocol === 'data:' ? shown.soundUrl : `${instanceUrl}${pathname}${search}`;
  return hear(url, message.conversation.index, SOUND_MS);
}
