import { setTimeout as sleep } from 'node:timers/promises';
import { type Azurite, startAzurite } from '../support/azurite.ts';
import { type BotProcess, startBotProcess } from '../support/bot-process.ts';
import { type Channel, startChannel } from './channel.ts';
import { Holds } from './holds.ts';
import { Ledger, type Message } from './ledger.ts';
import { type Model, startModel } from './model.ts';
import { type StorageGate, startStorageGate } from './storage-gate.ts';
import { watchStorage } from './storage-watch.ts';

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
  readonly ledger: Ledger;
  readonly holds: Holds;
  readonly model: Model;
  readonly channel: Channel;
  readonly gate: StorageGate;
  /** Every instance that was started. */
  readonly instances: readonly Instance[];
  startInstance(env?: Readonly<Record<string, string>>): Promise<Instance>;
  close(): Promise<void>;
}

export interface WorldOptions {
  /** How long the model thinks and each call to the channel takes, in milliseconds. */
  readonly thinkMs: () => number;
  readonly channelMs: () => number;
  /** Told of each message that a user sees. */
  readonly onTaken?: (message: Message) => void;
}

const PACE_MS = 2;
/** After the end of a process, until all of its sockets are seen to be closed. */
const SOCKETS_END_MS = 100;

export async function startWorld({ thinkMs, channelMs, onTaken = () => {} }: WorldOptions): Promise<World> {
  const ledger = new Ledger();
  const holds = new Holds(ledger);
  const azurite: Azurite = await startAzurite();
  const gate = await startStorageGate(azurite.url, watchStorage({ ledger, holds }));
  const model = await startModel({ ledger, holds, thinkMs, paceMs: PACE_MS });
  const channel = await startChannel({ ledger, holds, delayMs: channelMs, onTaken });
  const instances: Instance[] = [];
  const endpoint = { AZURE_OPENAI_ENDPOINT: model.url, AZURE_OPENAI_API_KEY: 'crash' };

  async function startInstance(env = {}): Promise<Instance> {
    const name = `bot-${instances.length + 1}`;
    const storage = { AZURE_STORAGE_CONNECTION_STRING: gate.connectionString };
    const bot = startBotProcess({
      ...{ ...endpoint, ...storage, AZURE_OPENAI_DEPLOYMENT_NAME: name, PORT: '0' },
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

  return {
    ...{ ledger, holds, model, channel, gate, instances, startInstance },
    async close() {
      await Promise.all(instances.map(({ bot }) => bot[Symbol.asyncDispose]()));
      for (const close of [() => model.close(), () => channel.close(), () => gate.close(), () => azurite.close()])
        await close();
    },
  };
}
