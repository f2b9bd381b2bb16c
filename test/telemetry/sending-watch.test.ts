import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SendingWatch } from '../../src/telemetry/sending-watch.ts';
import { watchedLog } from '../channel/watched-log.ts';

function startWatch() {
  const { log, lines } = watchedLog();
  const watch = new SendingWatch(log);
  const policy = watch.policy();
  const answer = (status: number) => policy.sendRequest({}, async () => ({ status }));
  return { watch, policy, lines, answer };
}

const REJECTED = 'telemetry not accepted: alerts on it are silent';

describe('the watch over sent telemetry', () => {
  for (const [status, fix] of [
    [401, /Monitoring Metrics Publisher/],
    [403, /Monitoring Metrics Publisher/],
    [400, /if it lasts/],
    [503, /if it lasts/],
  ] as const) {
    it(`logs a rejection once, with what to do, and the recovery: ${status}`, async () => {
      const { lines, answer } = startWatch();
      for (const each of [200, status, status]) assert.deepEqual(await answer(each), { status: each });
      assert.deepEqual(
        lines.map((line) => [line['msg'], line['status']]),
        [[REJECTED, status]],
      );
      assert.match(String(lines[0]?.['fix']), fix);
      await answer(200);
      await answer(200);
      assert.deepEqual(
        lines.map(({ msg }) => msg),
        [REJECTED, 'telemetry accepted again'],
      );
    });
  }

  it('logs a redirect neither as a rejection nor as a recovery', async () => {
    const { lines, answer } = startWatch();
    await answer(503);
    await answer(308);
    await answer(307);
    assert.equal(lines.length, 1);
  });

  it('logs a failed request or token, and passes the error on', async () => {
    const refused = new Error('connect ECONNREFUSED');
    const offline = startWatch();
    await assert.rejects(
      offline.policy.sendRequest({}, () => Promise.reject(refused)),
      refused,
    );
    assert.match(String(offline.lines[0]?.['fix']), /ingestion endpoint/);
    const { watch, lines } = startWatch();
    await assert.rejects(
      watch.token(() => Promise.reject(refused)),
      refused,
    );
    assert.match(String(lines[0]?.['fix']), /managed identity/);
    assert.equal(await watch.token(async () => 'token'), 'token');
  });
});
