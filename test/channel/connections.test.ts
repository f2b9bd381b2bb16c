import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Socket } from 'node:net';
import { describe, it } from 'node:test';
import { ManualClock } from '../support/manual-clock.ts';
import { inbound, startAdapter } from './adapter-under-test.ts';

const HI = { type: 'message', text: 'Hi' };

describe('a conversation with the id', () => {
  for (const id of ['gespräch', '会話', 'plain']) {
    it(`${id} gets its replies`, async (t) => {
      const sending = await startAdapter({ clock: new ManualClock() });
      t.after(() => sending[Symbol.asyncDispose]());
      await sending.adapter.receive(
        '',
        { ...inbound(sending.connector.url), conversation: { id } },
        async (context) => {
          await context.sendActivity('Hi');
        },
      );
      assert.equal(
        sending.connector.messages[0]?.path,
        `/v3/conversations/${encodeURIComponent(id)}/activities/activity-1`,
      );
    });
  }
});

describe('a connection to the channel', () => {
  it('stays open for the next message, and is closed before the channel closes it', async (t) => {
    const sockets: Socket[] = [];
    const channel = createServer((request, response) => {
      request.resume();
      response.setHeader('content-type', 'application/json');
      response.end('{"id":"sent"}');
    });
    channel.on('connection', (socket) => sockets.push(socket));
    // The channel announces it in its responses: "Keep-Alive: timeout=2".
    channel.keepAliveTimeout = 2_000;
    channel.listen(0, '127.0.0.1');
    await once(channel, 'listening');
    t.after(() => channel.close());
    const sending = await startAdapter({ clock: new ManualClock() });
    t.after(() => sending[Symbol.asyncDispose]());
    const url = `http://127.0.0.1:${(channel.address() as { port: number }).port}`;
    await sending.send(HI, url);
    await sending.send(HI, url);
    assert.equal(sockets.length, 1);
    let isEndedByBot = false;
    sockets[0]?.once('end', () => {
      isEndedByBot = true;
    });
    assert.ok(sockets[0]);
    await once(sockets[0], 'close');
    assert.ok(isEndedByBot);
  });
});
