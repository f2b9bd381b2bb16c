import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { describe, it } from 'node:test';
import OpenAI from 'openai';
import { OpenAIRealtimeWS } from 'openai/realtime/ws';
import { simulate } from './client.ts';

describe("OpenAI's own client", () => {
  it('talks to the simulator as the bot does', async (t) => {
    const simulator = await simulate(['Hello from the simulator']);
    t.after(() => simulator[Symbol.asyncDispose]());
    const client = new OpenAI({ baseURL: `${simulator.server.url}/openai/v1`, apiKey: async () => 'token' });
    // The client insists on wss; the socket below it is a plain one.
    const options = { createConnection: () => connect(simulator.server.port, '127.0.0.1') };
    const realtime = await OpenAIRealtimeWS.create(client, { model: 'simulator', options });
    const done = Promise.withResolvers<string>();
    let audioBytes = 0;
    realtime.on('error', done.reject);
    realtime.on('session.created', () => {
      const content = [{ type: 'input_text' as const, text: 'hi' }];
      realtime.send({ type: 'session.update', session: { type: 'realtime', output_modalities: ['audio'] } });
      realtime.send({ type: 'conversation.item.create', item: { type: 'message', role: 'user', content } });
      realtime.send({ type: 'response.create' });
    });
    realtime.on('response.output_audio.delta', ({ delta }) => {
      audioBytes += Buffer.from(delta, 'base64').length;
    });
    realtime.on('response.done', ({ response }) => done.resolve(JSON.stringify(response.output)));
    assert.match(await done.promise, /"transcript":"Hello from the simulator"/);
    assert.equal(audioBytes, 24 * 60 * 48);
    realtime.close();
  });
});
