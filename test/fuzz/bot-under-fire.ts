import assert from 'node:assert/strict';
import { text } from 'node:stream/consumers';
import type { Env } from '../../src/config/env.ts';
import { inTime } from '../realtime/gathered.ts';
import { type FakeConnector, startFakeConnector } from '../support/fake-connector.ts';
import { getOnce, type ProbedBot, startProbedBot, watchOutput } from '../support/kit/bot.ts';
import { activityOf, createPoster } from '../support/kit/deliver.ts';
import { modelEnv } from '../support/kit/fake-servers.ts';
import { Counts } from '../support/kit/report.ts';
import { HELLO, startService } from './service.ts';

export interface BotUnderFire extends ProbedBot {
  readonly connector: FakeConnector;
  /** Throws if a normal message is not answered in text and audio, or the bot reports that it is not healthy. */
  assertWell(): Promise<void>;
  /** Lines that an operator would have to examine: reports of faults, and output that is no log. */
  faults(): Counts<string>;
  close(): Promise<void>;
}

/** A bot in its own process between a fast service and a fake channel, with a probe in it. */
export async function startBotUnderFire(env: Env = {}): Promise<BotUnderFire> {
  const service = await startService();
  const connector = await startFakeConnector();
  const probed = await startProbedBot({ ...modelEnv(service.url, 'quick'), LOG_LEVEL: 'debug', ...env });
  // The attacking process plays the model, so the check at the start has to be over before.
  await probed.bot.whenLogged(({ msg }) => /^model (?:not )?reached/.test(String(msg)));
  const faults = new Counts<string>();
  const output = watchOutput(probed.bot, ({ level, msg, err }) => {
    const { statusCode, code, message } = (err ?? {}) as { statusCode?: unknown; code?: unknown; message?: unknown };
    const cause = statusCode ?? code ?? message;
    if (level === 'error' || level === 'fatal') faults.add(cause === undefined ? String(msg) : `${msg} (${cause})`);
  });
  let greetings = 0;
  return {
    ...{ ...probed, connector },
    async assertWell() {
      assert.match(await text(await getOnce(`${probed.url}/health`)), /^\{"status":"ok"/);
      await assertAnswers(probed.url, connector, `well-${++greetings}`);
    },
    faults() {
      output.read();
      return new Counts([...faults, ...output.broken.map((line) => [line, 1] as const)]);
    },
    async close() {
      await probed.bot[Symbol.asyncDispose]();
      await connector.close();
      await service.close();
    },
  };
}

async function assertAnswers(url: string, connector: FakeConnector, id: string): Promise<void> {
  const poster = createPoster();
  const place = { serviceUrl: connector.url, conversationId: id };
  const answer = await poster.post(url, JSON.stringify(activityOf(place, { id, text: 'Are you there?' })));
  poster.close();
  assert.equal(answer.status, 200, answer.label);
  const reply = await inTime(connector.when((call) => call.path.endsWith(`/${id}`) && call.body.type === 'message'));
  assert.equal(reply.body.text, HELLO);
  const sound = await fetch(reply.body.attachments[0].contentUrl, { headers: { connection: 'close' } });
  assert.equal((await sound.arrayBuffer()).byteLength, 44 + 480);
}
