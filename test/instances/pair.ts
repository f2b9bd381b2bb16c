import assert from 'node:assert/strict';
import { after, before } from 'node:test';
import { preparedDatabase } from '../database/open-database.ts';
import type { BotUnderTest, BotUnderTestOptions } from '../support/bot.ts';
import type { Closing } from '../support/closing.ts';
import { ANSWERS_NOTHING, Chat, type EchoModel, echoModel, startInstance } from './instance.ts';

/** Two instances on one database, of which the second runs no turns unless it is told to. */
export interface Pair {
  readonly url: string;
  readonly model: EchoModel;
  readonly one: BotUnderTest;
  readonly two: BotUnderTest;
  /** A conversation whose answers go to the channel of the first. */
  chat(fields?: Readonly<Record<string, unknown>>): Chat;
}

export interface PairOptions {
  readonly one?: BotUnderTestOptions;
  readonly two?: BotUnderTestOptions;
  readonly pcm?: Uint8Array;
  /** The address by which the first instance reaches the database. */
  readonly wayOfOne?: (url: string) => string;
}

export async function startPair(closing: Closing, options: PairOptions = {}): Promise<Pair> {
  const { one: first = {}, two: second = ANSWERS_NOTHING, pcm, wayOfOne = (url) => url } = options;
  const url = await preparedDatabase();
  const model = echoModel(pcm);
  const simulator = { responder: model.responder };
  const [one, two] = await Promise.all([
    startInstance(closing, wayOfOne(url), { simulator, ...first }),
    startInstance(closing, url, { simulator, ...second }),
  ]);
  return { url, model, one, two, chat: (fields) => new Chat(one, fields) };
}

/** One pair for all tests of the suite that calls this. */
export function sharedPair(options: PairOptions = {}): () => Pair {
  const closings: (() => Promise<void>)[] = [];
  let pair: Pair | undefined;
  before(async () => {
    pair = await startPair({ after: (close) => void closings.push(close) }, options);
  });
  after(() => Promise.all(closings.map((close) => close())));
  return () => pair ?? assert.fail('it has not started');
}
