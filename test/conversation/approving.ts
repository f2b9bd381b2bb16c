// For tests of approvals: a bot with an MCP server whose tools need them, its model, and the chat with its user.

import assert from 'node:assert/strict';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Responder, ResponderContext, ScriptedResponse } from '../../dev/simulator/responder.ts';
import type { ScriptedTurn } from '../../dev/simulator/script.ts';
import type { DecisionKind } from '../../src/conversation/approvals/approval.ts';
import { inTime } from '../realtime/gathered.ts';
import { type BotUnderTest, type BotUnderTestOptions, startBot } from '../support/bot.ts';
import type { Closing } from '../support/closing.ts';
import { type ScriptedHttp, startScriptedHttp } from '../tools/scripted-http.ts';

export interface ApprovingBot {
  readonly bot: BotUnderTest;
  readonly mcp: ScriptedHttp;
  /** The list of the server's tools, which tests may change. */
  readonly tools: ScriptedTool[];
  /** What the model was asked, and a way to hold its answers. */
  readonly model: ApprovalModel;
  /** The arguments of the calls that the server got. */
  ran(text: string): number;
}

export interface ScriptedTool {
  readonly name: string;
  title: string;
  description: string;
  readonly inputSchema: object;
  annotations?: object;
}

const tool = (name: string, title: string, annotations?: object): ScriptedTool => ({
  name,
  title,
  description: `Does it: ${name}.`,
  inputSchema: { type: 'object', properties: { text: { type: 'string' } } },
  ...(annotations === undefined ? {} : { annotations }),
});

/** `look` runs without asking; `hang` never ends. */
const scriptedTools = () => [
  tool('note', 'Write a note'),
  tool('erase', 'Erase it', { destructiveHint: true }),
  tool('look', 'Look'),
  tool('hang', 'Hang'),
];

export interface ApprovalModel {
  readonly responder: Responder;
  readonly asked: readonly ResponderContext[];
  /** Answers to texts and outputs with this are held until the promise resolves. */
  hold(text: string): { readonly held: Promise<void>; release(): void };
}

/** `do note X, look Y` calls these tools of the server; outputs are repeated, and everything else is echoed. */
export function approvalModel(): ApprovalModel {
  const asked: ResponderContext[] = [];
  const gates = new Map<string, { gate: PromiseWithResolvers<void>; held: PromiseWithResolvers<void> }>();
  const answerTo = ({ text, toolResults }: ResponderContext): ScriptedResponse => {
    const ending = { kind: 'completed' } as const;
    if (toolResults.length > 0) return { outputs: [{ text: `Said: ${toolResults.at(-1)?.output}` }], ending };
    const calls = /^do (.*)/.exec(text)?.[1]?.split(', ') ?? [];
    if (calls.length === 0) return { outputs: [{ text: `Re: ${text}` }], ending };
    return { outputs: calls.map((each) => callOf(each)), ending };
  };
  return {
    asked,
    responder(context) {
      asked.push(context);
      const found = [...gates].find(([text]) => context.text === text);
      found?.[1].held.resolve();
      return { ...answerTo(context), ...(found === undefined ? {} : { gate: found[1].gate.promise }) };
    },
    hold(text) {
      const gate = Promise.withResolvers<void>();
      const held = Promise.withResolvers<void>();
      gates.set(text, { gate, held });
      return { held: inTime(held.promise), release: () => gate.resolve() };
    },
  };
}

/** A model that answers by the script that a test gives it last. */
export function scriptedModel() {
  let turns: ScriptedTurn[] = [];
  const ending = { kind: 'completed' } as const;
  const responder: Responder = (context) => {
    const turn = turns.shift() ?? assert.fail(`not scripted: ${context.text}`);
    const answer = typeof turn === 'function' ? turn(context) : turn;
    return typeof answer === 'string' ? { outputs: [{ text: answer }], ending } : answer;
  };
  const play = (script: readonly ScriptedTurn[]) => {
    turns = [...script];
  };
  return { responder, play };
}

function callOf(words: string) {
  const [name, ...text] = words.split(' ');
  return { call: { name: `srv__${name}`, arguments: JSON.stringify({ text: text.join(' ') }) } };
}

/** An MCP server, and a model that calls what it is told to. */
export interface FarEnds {
  readonly tools: ScriptedTool[];
  readonly mcp: ScriptedHttp;
  readonly model: ApprovalModel;
}

export async function startFarEnds(closing: Closing): Promise<FarEnds> {
  const tools = scriptedTools();
  const mcp = await startScriptedHttp(tools);
  closing.after(async () => mcp[Symbol.asyncDispose]());
  return { tools, mcp, model: approvalModel() };
}

/** A bot between these far ends. Default: new ones. Resolves once its log has the line `ready`. */
export async function startApproving(
  closing: Closing,
  options: BotUnderTestOptions = {},
  farEnds?: FarEnds,
  ready = 'tools listed',
): Promise<ApprovingBot> {
  const { tools, mcp, model } = farEnds ?? (await startFarEnds(closing));
  const config = join(await mkdtemp(join(tmpdir(), 'approving-')), 'mcp.json');
  await writeFile(config, JSON.stringify({ mcpServers: { srv: { url: mcp.url, allow: ['look'] } } }));
  const simulator = { responder: model.responder, ...options.simulator };
  const bot = await startBot({ ...options, simulator, env: { MCP_CONFIG: config, ...options.env } });
  closing.after(() => bot.close());
  await bot.logged(ready);
  const ran = (text: string) => {
    const calls = mcp.requests.filter(({ rpc }) => rpc === 'tools/call');
    return calls.filter(({ params }) => JSON.stringify(params?.['arguments']) === JSON.stringify({ text })).length;
  };
  return { bot, mcp, tools, model, ran };
}

let count = 0;

type Fields = Readonly<Record<string, unknown>>;

interface ChatOptions {
  readonly home?: BotUnderTest;
  readonly headers?: Record<string, string>;
}

/** A new conversation with a bot. */
export class ApprovalChat {
  readonly id: string;
  readonly #bot: BotUnderTest;
  readonly #home: BotUnderTest;
  readonly #headers: Record<string, string>;
  readonly #fields: Fields;

  /** `home`: the bot to whose channel answers go; `headers`: of all requests. */
  constructor(bot: BotUnderTest, fields: Fields = {}, { home = bot, headers = {} }: ChatOptions = {}) {
    this.#headers = headers;
    const conversation = { id: `approvals-${++count}`, ...Object(fields['conversation']) };
    this.id = conversation.id;
    this.#bot = bot;
    this.#home = home;
    this.#fields = { from: { id: `user-${count}`, name: 'Ada' }, ...fields, conversation };
  }

  activity(text: string | undefined, fields: Fields = {}): Record<string, unknown> {
    const own = { id: `a-${++count}`, serviceUrl: this.#home.connector.url, ...this.#fields };
    return this.#bot.message(text, { ...own, ...fields });
  }

  post(activity: Record<string, unknown>, bot = this.#bot): Promise<Response> {
    return bot.post(activity, this.#headers);
  }

  /** Posts a message that has to be accepted. */
  async say(text: string | undefined, fields: Fields = {}): Promise<void> {
    const response = await this.post(this.activity(text, fields));
    assert.equal(response.status, 200, text);
  }

  get messages() {
    return this.#home.connector.messages.filter(({ path }) => path.includes(`/${this.id}/`)).map(({ body }) => body);
  }

  get texts(): readonly string[] {
    return this.messages.map(({ text = '' }) => text);
  }

  get cards() {
    const attachments = this.messages.flatMap((message) => message.attachments ?? []);
    return attachments
      .filter(
        ({ contentType, content }) => contentType.endsWith('.card.adaptive') && content.actions?.[0]?.data?.approval,
      )
      .map(({ content }) => content);
  }

  /** Resolves with all texts, once there are so many messages. */
  async when(messages: number): Promise<readonly string[]> {
    await inTime(this.#home.connector.when(() => this.messages.length >= messages));
    return this.texts;
  }

  /** Resolves once a message contains this text. */
  async whenSaid(text: string): Promise<void> {
    await inTime(this.#home.connector.when(() => this.texts.some((each) => each.includes(text))));
  }

  /** Says it, and resolves with the newest card. */
  async ask(text: string, fields: Fields = {}) {
    const before = this.cards.length;
    await this.say(text, fields);
    await inTime(this.#home.connector.when(() => this.cards.length > before));
    return this.cards.at(-1);
  }

  /** The data of a button of the newest card. */
  data(decision: DecisionKind, card = this.cards.at(-1)): Fields {
    const found = card?.actions.find(({ data }: { data: Fields }) => data['decision'] === decision);
    return found?.data ?? assert.fail(`no button ${decision}`);
  }

  /** Presses a button, as `Action.Submit` does it. */
  press(decision: DecisionKind, fields: Fields = {}): Promise<Response> {
    return this.post(this.activity(undefined, { value: this.data(decision), ...fields }));
  }

  /** Presses a button, as `Action.Execute` does it. */
  async execute(data: unknown, fields: Fields = {}) {
    const value = { action: { type: 'Action.Execute', verb: 'approval', data }, trigger: 'manual' };
    const activity = this.activity(undefined, { type: 'invoke', name: 'adaptiveCard/action', value, ...fields });
    const response = await this.post(activity);
    const text = await response.text();
    return { status: response.status, body: text === '' ? undefined : JSON.parse(text) };
  }
}
