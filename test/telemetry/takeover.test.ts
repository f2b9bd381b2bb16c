import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { METRICS } from '../../src/telemetry/names.ts';
import { SkipClock } from '../instances/skip-clock.ts';
import { LEASE_OVER_MS, PATIENCE, startAlone, startLater, useAzurite } from '../instances/two.ts';
import { beginTelemetry, hearTelemetry } from '../support/heard-telemetry.ts';

useAzurite();
const heard = hearTelemetry();

describe('the telemetry of a message that was left', PATIENCE, () => {
  it('counts that it was taken over, and how long it had waited', async (t) => {
    const world = await startAlone(t);
    const one = await world.start();
    const release = world.hold('first');
    await one.says('first');
    await world.asked.when(1);
    one.die();
    release();
    const clock = new SkipClock(LEASE_OVER_MS);
    const { telemetry, begun } = beginTelemetry(clock);
    await startLater(world, { clock, deps: { telemetry } });
    await begun;
    await world.whenAnswered();
    const read = await heard.read();
    assert.equal(read.get(METRICS.takeovers)?.[0]?.value, 1);
    assert.ok((read.get(METRICS.queueWait)?.[0]?.value ?? 0) >= LEASE_OVER_MS / 1000);
  });
});
