import type { Responder, ResponderContext } from '../../dev/simulator/responder.ts';
import { openDatabase } from '../../src/database/database.ts';
import { inTime } from '../realtime/gathered.ts';
import { type BotUnderTest, type BotUnderTestOptions, startBot } from '../support/bot.ts';
import type { Closing } from '../support/closing.ts';
import type { ConnectorCall } from '../support/fake-connector.ts';

/** Accepts and serves but runs no turns, so that a test knows what another instance runs. */
export const ANSWERS_NOTHING = { env: { DISPATCH: 'false' } };

/** An instance of the bot on a test's database, once it is usable. */
export async function startInstance(
  closing: Closing,
  url: string,
  options: BotUnderTestOptions = {},
): Promise<BotUnderTest> {
  const env = { DATABASE_URL: url, AZURE_OPENAI_DEPLOYMENT_NAME: 'gpt-realtime-1.5', ...options.env };
  const bot = await startBot({ ...options, env, deps: { openDatabase, ...options.deps } });
  closing.after(() => bot.close());
  await bot.logged('database connected');
  return bot;
}

/** A model behind all instances: it echoes, and holds the answers to texts that begin with "hold". */
export interface EchoModel {
  readonly responder: Responder;
  readonly contexts: readonly ResponderContext[];
  /** How often the model got this text. */
  contextsFor(text: string): readonly ResponderContext[];
  /** Resolves once the model got this text this often. */
  whenHeld(text: string, count?: number): Promise<void>;
  release(text: string): void;
}

export function echoModel(pcm?: Uint8Array): EchoModel {
  const contexts: ResponderContext[] = [];
  const gates = new Map<string, PromiseWithResolvers<void>>();
  const waiting = new Set<() => void>();
  const gateOf = (text: string) => {
    const gate = gates.get(text) ?? Promise.withResolvers<void>();
    gates.set(text, gate);
    return gate;
  };
  return {
    contexts,
    responder(context) {
      const { text, clips } = context;
      contexts.push(context);
      for (const look of waiting) look();
      const output = { text: `Re: ${text || `${clips.length} clips`}`, ...(pcm === undefined ? {} : { pcm }) };
      const answer = { outputs: [output], ending: { kind: 'completed' } } as const;
      return text.startsWith('hold') ? { ...answer, gate: gateOf(text).promise } : answer;
    },
    contextsFor: (wanted) => contexts.filter(({ text }) => text === wanted),
    whenHeld: (wanted, count = 1) =>
      inTime(
        new Promise((resolve) => {
          const look = () => {
            if (contexts.filter(({ text }) => text === wanted).length < count) return;
            waiting.delete(look);
            resolve();
          };
          waiting.add(look);
          look();
        }),
      ),
    release: (text) => gateOf(text).resolve(),
  };
}

let count = 0;

/** A new conversation whose messages arrive at any instance; all answers go to one channel. */
export class Chat {
  readonly #home: BotUnderTest;
  readonly #fields: Readonly<Record<string, unknown>>;
  readonly id: string;

  constructor(home: BotUnderTest, fields: Readonly<Record<string, unknown>> = {}) {
    this.#home = home;
    const conversation = { id: `chat-${++count}`, ...Object(fields['conversation']) };
    this.id = conversation.id;
    this.#fields = { from: { id: `user-${count}`, name: 'Ada' }, ...fields, conversation };
  }

  /** Posts an activity; resolves with its response. */
  post(bot: BotUnderTest, text: string | undefined, fields: Readonly<Record<string, unknown>> = {}): Promise<Response> {
    const own = { id: `message-${++count}`, serviceUrl: this.#home.connector.url, ...this.#fields };
    return bot.post(bot.message(text, { ...own, ...fields }));
  }

  /** Posts a message that is accepted; resolves with its id. */
  async say(bot: BotUnderTest, text: string | undefined, fields: Readonly<Record<string, unknown>> = {}) {
    const id = `message-${++count}`;
    const { status } = await this.post(bot, text, { id, ...fields });
    if (status !== 200) throw new Error(`${text}: ${status}`);
    return id;
  }

  /** The messages that the user got. */
  get messages(): readonly ConnectorCall['body'][] {
    const place = `/${this.id}/`;
    return this.#home.connector.messages.filter(({ path }) => path.includes(place)).map(({ body }) => body);
  }

  get texts(): readonly string[] {
    return this.messages.map(({ text }) => text);
  }

  /** The newest message, once there are this many. */
  async reply(wanted: number): Promise<ConnectorCall['body']> {
    await inTime(this.#home.connector.when(() => this.messages.length >= wanted));
    return this.messages[wanted - 1];
  }

  /** Sends a text, and resolves with the next message. */
  async ask(bot: BotUnderTest, text: string, fields: Readonly<Record<string, unknown>> = {}) {
    const before = this.messages.length;
    await this.say(bot, text, fields);
    return this.reply(before + 1);
  }
}
