import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { startBot } from '../support/bot.ts';

describe('a request that matches no route', () => {
  it('gets one response and causes no exception', async (t) => {
    const bot = await startBot();
    t.after(() => bot.close());
    const escaped: unknown[] = [];
    const note = (error: unknown) => void escaped.push(error);
    process.on('uncaughtException', note);
    t.after(() => process.off('uncaughtException', note));

    for (const [method, path, status] of [
      ['GET', '/nothing', 404],
      ['OPTIONS', '/api/messages', 405],
      ['GET', '/api/messages', 405],
      ['DELETE', '/health', 405],
      ['GET', '/audio', 404],
    ] as const) {
      const response = await fetch(bot.url + path, { method });
      assert.equal(response.status, status, `${method} ${path}`);
      assert.equal(typeof ((await response.json()) as { code?: unknown }).code, 'string');
    }
    assert.deepEqual(escaped, []);
  });
});
