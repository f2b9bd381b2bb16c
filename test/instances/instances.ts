import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { MindContext, Performance } from '../../dev/simulator/mind.ts';
import { type Simulator, startSimulator } from '../../dev/simulator/simulator.ts';
import { toneVoice } from '../../dev/simulator/voice.ts';
import { type App, type AppDeps, createApp } from '../../src/app.ts';
import { readConfig } from '../../src/config/config.ts';
import type { Env } from '../../src/config/env.ts';
import { createLogger } from '../../src/log.ts';
import { AzureBlobs } from '../../src/storage/azure-blobs.ts';
import type { BlobFacts, Blobs } from '../../src/storage/blobs.ts';
import { CONTAINERS, FOLDERS } from '../../src/storage/storage.ts';
import { Gathered, inTime } from '../realtime/gathered.ts';
import type { Azurite, AzuriteAccount } from '../support/azurite.ts';
import { TEST_BUILD } from '../support/build.ts';
import { type ConnectorCall, type FakeConnector, startFakeConnector } from '../support/fake-connector.ts';
import { type StorageProxy, startStorageProxy } from '../support/storage-proxy.ts';
import { SkipClock } from './skip-clock.ts';

export type Fields = Record<string, unknown>;

export interface InstanceOptions {
  readonly env?: Env;
  /** The real time if not given. */
  readonly clock?: SkipClock;
  readonly deps?: Partial<AppDeps>;
}

/** One process of the bot, as far as anybody outside can tell. */
export interface Instance {
  readonly app: App;
  readonly url: string;
  readonly clock: SkipClock;
  /** Its way to the storage, which it has for itself. */
  readonly proxy: StorageProxy;
  readonly logs: readonly Fields[];
  post(activity: unknown): Promise<Response>;
  /** Delivers a message; resolves with its activity once it is accepted. */
  says(text: string, fields?: Fields): Promise<Fields>;
  /** Says something and waits for the next message that users are sent. */
  ask(text: string, fields?: Fields): Promise<ConnectorCall['body']>;
  /** From now on it reaches the storage no more: as little comes of it as of a process that has ended. */
  die(): void;
  /** Ends it as a signal would. */
  close(): Promise<void>;
}

/** Several instances on one storage, with one model and one channel. */
export interface World {
  readonly connector: FakeConnector;
  readonly simulator: Simulator;
  /** What the model was asked, oldest first. */
  readonly asked: Gathered<MindContext>;
  /** Texts of all that users were sent. */
  readonly said: readonly string[];
  start(options?: InstanceOptions): Promise<Instance>;
  /** A message of a user, as a channel delivers it. */
  message(text: string | undefined, fields?: Fields): Fields;
  /** From now on the model answers this message only when the function is called. */
  hold(text: string): () => void;
  /** What the model answers to a message, where it is not `re: <text>` with a little sound. */
  answers(text: string, performance: Performance): void;
  /** The modality and the voice of every session that was opened, in order. */
  readonly sessions: readonly (readonly [string, string])[];
  /** Accepted messages that are still to be answered, by their names. */
  pending(): Promise<string[]>;
  /** Resolves when there are none. */
  whenAnswered(): Promise<void>;
  /** Names in the container of the state that begin so. */
  state(prefix: string): Promise<string[]>;
  audio(): Promise<string[]>;
  whenSaid(count: number): Promise<readonly string[]>;
}

const SOUND = new Uint8Array(4_800);

/** What a user said or was answered, as a later session is told it. */
export function linesOf({ said }: MindContext): string[] {
  return said.map(({ role, text }) => `${role}: ${text}`);
}

export function spoken(text: string, pcm: Uint8Array = SOUND): Performance {
  return { outputs: [{ text, pcm }], ending: { kind: 'completed' } };
}

/** On a storage of its own. Ends with the test, whatever is still under way. */
export async function startWorld(t: TestContext, azurite: Azurite, env: Env = {}): Promise<World> {
  const connector = await startFakeConnector();
  const asked = new Gathered<MindContext>();
  const gates = new Map<string, PromiseWithResolvers<void>>();
  const performances = new Map<string, Performance>();
  const simulator = await startSimulator({
    voice: toneVoice(),
    paceMs: 0,
    onEvent(from, event) {
      const settings = settingsIn(event);
      if (from === 'client' && settings !== undefined) sessions.push(settings);
    },
    mind(context) {
      asked.add(context);
      const gate = gates.get(context.text);
      const performance = performances.get(context.text) ?? spoken(`re: ${context.text}`);
      return gate === undefined ? performance : { ...performance, gate: gate.promise };
    },
  });
  const sessions: (readonly [string, string])[] = [];
  const instances: Instance[] = [];
  const storage = azurite.newAccount();
  const account = { kind: 'azureConnectionString', connectionString: storage.connectionString } as const;
  const log = createLogger('fatal', { write: () => {} });
  const containerOf = (container: string) => new AzureBlobs({ account, container, clock: new SkipClock(), log });
  const [state, audio] = [containerOf(CONTAINERS.state), containerOf(CONTAINERS.audio)];
  await Promise.all([state.prepare(), audio.prepare()]);
  let count = 0;

  const world: World = {
    connector,
    simulator,
    asked,
    get said() {
      return connector.messages.map(({ body }) => String(body.text));
    },
    async start(options = {}) {
      const instance = await startInstance(world, storage, { ...options, env: { ...env, ...options.env } });
      instances.push(instance);
      return instance;
    },
    message: (text, fields = {}) => ({
      type: 'message',
      id: `activity-${++count}`,
      channelId: 'emulator',
      serviceUrl: connector.url,
      conversation: { id: 'conversation-1' },
      from: { id: 'user-1', name: 'Ada' },
      recipient: { id: 'bot-1', name: 'Bot' },
      ...(text === undefined ? {} : { text }),
      ...fields,
    }),
    hold(text) {
      const gate = Promise.withResolvers<void>();
      gates.set(text, gate);
      return gate.resolve;
    },
    answers: (text, performance) => void performances.set(text, performance),
    sessions,
    pending: () => namesOf(state, FOLDERS.pending, ({ metadata }) => metadata['done'] !== '1'),
    async whenAnswered() {
      await eventually(async () => (await world.pending()).length === 0);
    },
    state: (prefix) => namesOf(state, prefix),
    audio: () => namesOf(audio, ''),
    whenSaid: async (wanted) => {
      await inTime(connector.whenMessages(wanted)).catch((error) => {
        throw new Error(`${wanted} messages: ${error.message}; there are ${JSON.stringify(world.said)}`);
      });
      return world.said;
    },
  };
  t.after(async () => {
    for (const { proxy } of instances) await proxy.goAway();
    await Promise.all(instances.map(({ close }) => close()));
    for (const { resolve } of gates.values()) resolve();
    for (const { proxy } of instances) await proxy.close();
    await simulator.close();
    await connector.close();
  });
  return world;
}

const PATIENCE_MS = 8_000;
const BETWEEN_LOOKS_MS = 10;

/** Looks into the storage again and again, but not for ever: a loop that outlives its test holds up the whole run. */
export async function eventually(isTrue: () => Promise<boolean>): Promise<void> {
  const giveUp = AbortSignal.timeout(PATIENCE_MS);
  while (!(await isTrue())) {
    assert.ok(!giveUp.aborted, `it did not come in ${PATIENCE_MS} ms: ${isTrue}`);
    await sleep(BETWEEN_LOOKS_MS);
  }
}

async function namesOf(blobs: Blobs, prefix: string, fits: (facts: BlobFacts) => boolean = () => true) {
  const names: string[] = [];
  for await (const facts of blobs.list(prefix)) if (fits(facts)) names.push(facts.name);
  return names;
}

function settingsIn(event: Fields): readonly [string, string] | undefined {
  if (event['type'] !== 'session.update') return undefined;
  const session = event['session'] as { output_modalities: string[]; audio: { output: { voice: string } } };
  return [session.output_modalities[0] ?? '', session.audio.output.voice];
}

async function startInstance(world: World, storage: AzuriteAccount, options: InstanceOptions): Promise<Instance> {
  const proxy = await startStorageProxy(storage.url);
  const clock = options.clock ?? new SkipClock();
  const logs: Fields[] = [];
  const config = readConfig({
    AZURE_OPENAI_ENDPOINT: world.simulator.url,
    AZURE_OPENAI_DEPLOYMENT_NAME: 'simulator',
    AZURE_OPENAI_API_KEY: 'test-key',
    AZURE_STORAGE_CONNECTION_STRING: proxy.connectionString,
    PORT: '0',
    DRAIN_SECONDS: '0',
    ...options.env,
  });
  const log = createLogger('debug', { write: (line: string) => void logs.push(JSON.parse(line)) });
  const app = createApp({ config, log, build: TEST_BUILD, clock, random: () => 0, ...options.deps });
  const url = `http://127.0.0.1:${await app.start()}`;
  const instance: Instance = {
    app,
    url,
    clock,
    proxy,
    logs,
    post: (activity) =>
      fetch(`${url}/api/messages`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(activity),
      }),
    async says(text, fields) {
      const activity = world.message(text, fields);
      assert.equal((await instance.post(activity)).status, 200);
      return activity;
    },
    async ask(text, fields) {
      const before = world.connector.messages.length;
      await instance.says(text, fields);
      await world.whenSaid(before + 1);
      return world.connector.messages[before]?.body;
    },
    die() {
      proxy.rule = () => 'drop';
    },
    close: () => app.close(),
  };
  return instance;
}
