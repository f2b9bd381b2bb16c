import type { TestContext } from 'node:test';
import { inTime } from '../realtime/gathered.ts';
import * as wire from '../realtime/server-events.ts';
import { type BotUnderTest, startBot } from '../support/bot.ts';
import type { ConnectorRule } from '../support/fake-connector.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { type RawAnswer, type ReceivedRequest, startRawModel } from '../support/raw-model.ts';
import { streamInfo, TeamsRules } from '../support/teams-rules.ts';

const SOUND = new Uint8Array(4_800);

const NEXT: RawAnswer = ({ send, turn, response }) => {
  send(wire.created({ turn, response }), wire.transcriptDelta('Next', { response }), wire.done({ turn, response }));
};

export interface SpeakingOptions {
  readonly env?: Record<string, string>;
  /** Further fields of the first question. */
  readonly fields?: Readonly<Record<string, unknown>>;
  /** The channel's responses to the first chunks; Teams' rules apply otherwise. */
  readonly first?: ConnectorRule;
  /** The model's answer after the first question. */
  readonly more?: readonly RawAnswer[];
}

/** A bot whose model answers as the test prescribes. */
export async function speaking(
  t: TestContext,
  channelId: string,
  { env = {}, fields: furtherFields = {}, first, more = [NEXT, NEXT] }: SpeakingOptions = {},
) {
  const clock = new ManualClock();
  const asked = Promise.withResolvers<ReceivedRequest>();
  const model = await startRawModel([(question) => asked.resolve(question), ...more]);
  const bot = await startBot({ env: { AZURE_OPENAI_ENDPOINT: model.url, ...env }, deps: { clock, random: () => 0 } });
  t.after(async () => {
    await bot.close();
    await model.close();
  });
  const rules = new TeamsRules(clock.now);
  if (channelId === 'msteams') bot.connector.rule = first ?? rules.rule;
  const fields = { ...furtherFields, channelId };
  await bot.says('hello', fields);
  const { send, response, turn } = await inTime(asked.promise);
  send(wire.created({ response, turn }));
  const say = (text: string) => send(wire.transcriptDelta(text, { response }));
  return {
    bot,
    clock,
    rules,
    model,
    fields,
    response,
    turn,
    /** Any event on the model's socket. */
    send,
    say,
    sayAloud: () => send(wire.audioDelta(SOUND, { response })),
    /** Shows "Once" as the second chunk in Teams: a second after the first, which announces the answer. */
    async showsOnce() {
      await chunksOf(bot, 1);
      say('Once');
      await clock.whenWaiting(1_000);
      await clock.advance(1_000);
      await chunksOf(bot, 2);
    },
    end: () => send(wire.audioDelta(SOUND, { response }), wire.done({ response, turn })),
    filter: () => send(wire.done({ response, turn, status: 'incomplete', details: { reason: 'content_filter' } })),
  };
}

export const chunks = (bot: BotUnderTest) => bot.connector.calls.filter((call) => streamInfo(call) !== undefined);
export const chunksOf = (bot: BotUnderTest, count: number) =>
  inTime(
    (async () => {
      await bot.connector.when(() => chunks(bot).length >= count);
      return chunks(bot);
    })(),
  );
/** Advances the clock by a tenth of a second with every turn of the event loop. */
export async function whileTimePasses<T>(clock: ManualClock, promise: Promise<T>): Promise<T> {
  let isSettled = false;
  const settled = inTime(promise).finally(() => {
    isSettled = true;
  });
  while (!isSettled) await clock.advance(100);
  return settled;
}

export const texts = (bot: BotUnderTest) => chunks(bot).map(({ body }) => body.text);
