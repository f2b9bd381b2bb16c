import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { SpanStatusCode } from '@opentelemetry/api';
import type { ScriptedResponse } from '../../dev/simulator/responder.ts';
import { ApprovalChat, startApproving } from '../conversation/approving.ts';
import { type BotUnderTestOptions, startBot } from '../support/bot.ts';
import { beginTelemetry, recordTelemetry } from '../support/recorded-telemetry.ts';

const heard = recordTelemetry();

/** A bot whose telemetry is open and has reported nothing yet. */
async function startHeardBot(t: TestContext, turns: BotUnderTestOptions['turns']) {
  const { telemetry, begun } = beginTelemetry();
  const bot = await startBot({ ...(turns && { turns }), deps: { telemetry } });
  t.after(() => bot.close());
  await begun;
  await heard.read();
  return bot;
}

function failing(message: string): ScriptedResponse {
  return { outputs: [], ending: { kind: 'failed', error: { type: 'invalid_request_error', code: 'x', message } } };
}

/** The spans of the last ended turn, by name. */
function lastTurn() {
  const turn = heard.spans.findLast(({ name }) => name === 'turn');
  assert.ok(turn);
  const steps = heard.spans.filter(({ parentSpanContext }) => parentSpanContext?.spanId === turn.spanContext().spanId);
  return { turn, steps, names: steps.map(({ name }) => name) };
}

describe('the telemetry of turns', () => {
  it('is one span for each turn, with its steps below it', async (t) => {
    const bot = await startHeardBot(t, ['One.', 'Two.']);
    await bot.says('hello');
    await bot.connector.whenMessages(1);
    await bot.says('again');
    await bot.connector.whenMessages(2);
    await bot.close();
    const { turn, steps, names } = lastTurn();
    assert.deepEqual(names, ['generate', 'send'], 'a warm session needs no connection');
    assert.equal(turn.attributes['voice_bot.result'], 'spoken');
    assert.equal(turn.attributes['voice_bot.channel'], 'emulator');
    assert.equal(turn.status.code, SpanStatusCode.UNSET);
    const [generate] = steps;
    assert.equal(generate?.attributes['gen_ai.operation.name'], 'generate_content');
    assert.equal(generate?.attributes['gen_ai.provider.name'], 'azure.ai.openai');
    assert.equal(generate?.attributes['gen_ai.request.model'], 'simulator');
    assert.equal(generate?.attributes['server.address'], '127.0.0.1');
    const turns = heard.spans.filter(({ name }) => name === 'turn');
    const first = heard.spans.filter(
      ({ parentSpanContext }) => parentSpanContext?.spanId === turns.at(-2)?.spanContext().spanId,
    );
    assert.deepEqual(
      first.map(({ name }) => name),
      ['connect', 'generate', 'send'],
    );
  });

  it('has a span for each tool call, by the GenAI conventions, without arguments and results', async (t) => {
    const call = (args: string): ScriptedResponse => ({
      outputs: [{ call: { name: 'current_time', arguments: args } }],
      ending: { kind: 'completed' },
    });
    const bot = await startHeardBot(t, [call('{}'), call('{"timeZone":"Mars/One"}'), 'It is late.']);
    await bot.says('hello');
    await bot.connector.whenMessages(1);
    await bot.close();
    const calls = lastTurn().steps.filter(({ name }) => name === 'execute_tool current_time');
    assert.deepEqual(
      calls.map(({ attributes }) => [
        attributes['gen_ai.operation.name'],
        attributes['gen_ai.tool.name'],
        attributes['gen_ai.tool.type'],
        attributes['error.type'],
      ]),
      [
        ['execute_tool', 'current_time', 'function', undefined],
        ['execute_tool', 'current_time', 'function', 'arguments_invalid'],
      ],
    );
    assert.doesNotMatch(JSON.stringify(calls.map(({ attributes }) => attributes)), /Mars|2026/);
  });

  it('never names the approval of a call, whose id decides about it', async (t) => {
    const { telemetry, begun } = beginTelemetry();
    const { bot } = await startApproving(t, { deps: { telemetry } });
    await begun;
    const chat = new ApprovalChat(bot);
    await chat.ask('do note A');
    await chat.press('allow');
    await chat.whenSaid('Said: echo');
    await bot.close();
    const { attributes } = lastTurn().steps.find(({ name }) => name === 'execute_tool srv__note') ?? assert.fail();
    assert.match(String(attributes['gen_ai.tool.call.id']), /^call_[0-9a-f]{24}$/);
    const id = String(chat.data('allow')['approval']);
    assert.ok(!JSON.stringify(heard.spans.map((span) => span.attributes)).includes(id));
  });

  it('can be found from the log', async (t) => {
    const bot = await startHeardBot(t, ['One.']);
    await bot.says('hello');
    await bot.connector.whenMessages(1);
    await bot.close();
    const line = bot.logs.find(({ msg }) => msg === 'turn ended');
    assert.equal(lastTurn().turn.attributes['voice_bot.turn.id'], line?.['turn']);
  });

  it('measures times, tokens and audio', async (t) => {
    const bot = await startHeardBot(t, ['A sentence to be measured.']);
    await bot.says('hello');
    await bot.connector.whenMessages(1);
    await bot.close();
    const read = await heard.read();
    const only = (name: string) => read.get(name)?.[0];
    for (const name of [
      'voice_bot.turn.time_to_first_text',
      'voice_bot.turn.time_to_first_audio',
      'voice_bot.turn.queue_wait',
    ]) {
      assert.ok((only(name)?.value ?? -1) >= 0, name);
      assert.deepEqual(only(name)?.attributes, { 'voice_bot.channel': 'emulator' });
    }
    const duration = only('voice_bot.turn.duration');
    assert.deepEqual(duration?.attributes, { 'voice_bot.channel': 'emulator', 'voice_bot.result': 'spoken' });
    assert.ok((only('voice_bot.turn.time_to_first_text')?.value ?? 0) <= (duration?.value ?? 0));
    const [text] = read.get('gen_ai.client.inference.usage.input_tokens') ?? [];
    assert.equal(text?.attributes['gen_ai.token.modality'], 'text');
    const spoken = read
      .get('gen_ai.client.inference.usage.output_tokens')
      ?.find((each) => each.attributes['gen_ai.token.modality'] === 'audio');
    assert.ok((spoken?.value ?? 0) > 0);
    assert.ok((only('voice_bot.audio.seconds')?.value ?? 0) > 0);
    assert.equal(read.has('voice_bot.turns.failed'), false);
    const { attributes } = lastTurn().turn;
    assert.equal(attributes['voice_bot.turn.time_to_first_text'], only('voice_bot.turn.time_to_first_text')?.value);
  });

  it("counts failures by a code, without the service's words", async (t) => {
    const message = 'you said tulips, and I do not like it';
    const bot = await startHeardBot(t, [failing(message)]);
    await bot.says('tulips');
    await bot.connector.whenMessages(1);
    await bot.close();
    const read = await heard.read();
    assert.equal(read.get('voice_bot.turns.failed')?.[0]?.value, 1);
    assert.equal(read.get('voice_bot.turn.duration')?.[0]?.attributes['voice_bot.result'], 'failed');
    const { turn, steps } = lastTurn();
    assert.equal(turn.status.code, SpanStatusCode.ERROR);
    assert.match(String(turn.attributes['error.type']), /^[a-z_]+$/);
    assert.match(String(steps.find(({ name }) => name === 'generate')?.attributes['error.type']), /^[a-z_]+$/);
    assert.doesNotMatch(JSON.stringify([turn, ...steps].map(told)), /tulips/);
  });

  it('counts an answer that the channel did not accept', async (t) => {
    const bot = await startHeardBot(t, ['One.']);
    bot.connector.rule = ({ body }) => (body?.type === 'message' ? { status: 500 } : undefined);
    await bot.says('hello');
    await bot.connector.when(({ body }) => body?.type === 'message');
    await bot.close();
    const read = await heard.read();
    assert.equal(read.get('voice_bot.turns.failed')?.[0]?.value, 1);
    assert.equal(lastTurn().turn.attributes['voice_bot.result'], 'unsent');
  });

  it('counts redeliveries', async (t) => {
    const bot = await startHeardBot(t, ['One.']);
    const message = bot.message('hello');
    await bot.post(message);
    await bot.post(message);
    await bot.connector.whenMessages(1);
    await bot.close();
    assert.equal((await heard.read()).get('voice_bot.activities.duplicate')?.[0]?.value, 1);
  });

  it('counts retried calls to the channel, and its 429 responses', async (t) => {
    const bot = await startHeardBot(t, ['One.']);
    let isFirst = true;
    bot.connector.rule = ({ body }) => {
      if (body?.type !== 'message' || !isFirst) return undefined;
      isFirst = false;
      return { status: 429 };
    };
    await bot.says('hello');
    await bot.connector.whenMessages(1);
    await bot.close();
    const read = await heard.read();
    assert.equal(read.get('voice_bot.channel.retries')?.[0]?.value, 1);
    assert.equal(read.get('voice_bot.channel.throttled')?.[0]?.value, 1);
  });

  it('reports the open sessions, the reasons of closed ones, and the delay of the event loop', async (t) => {
    const bot = await startHeardBot(t, ['One.']);
    await bot.says('hello');
    await bot.connector.whenMessages(1);
    const gauges = await heard.read();
    assert.equal(gauges.get('voice_bot.sessions.open')?.[0]?.value, 1);
    assert.ok((gauges.get('voice_bot.event_loop.delay')?.[0]?.value ?? -1) >= 0);
    await bot.says('/reset');
    await bot.connector.whenMessages(2);
    await bot.close();
    const read = await heard.read();
    assert.deepEqual(read.get('voice_bot.sessions.closed')?.[0]?.attributes, { 'voice_bot.close.reason': 'stale' });
  });

  it("contains none of the users' words and names", async (t) => {
    const secrets = /tulips|daffodils|Ada|user-1|conversation-1|activity-/;
    const bot = await startHeardBot(t, ['I like daffodils.']);
    await bot.says('tulips');
    await bot.connector.whenMessages(1);
    await bot.close();
    assert.doesNotMatch(JSON.stringify(heard.spans.map(told)), secrets);
    assert.doesNotMatch(JSON.stringify([...(await heard.read())]), secrets);
  });
});

/** Everything that a span exports. */
function told({ name, attributes, status, events }: (typeof heard.spans)[number]) {
  return { name, attributes, status, events };
}
