import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { METRICS } from '../../src/telemetry/names.ts';
import { PATIENCE, startAlone, useAzurite } from '../instances/two.ts';
import { beginTelemetry, hearTelemetry } from '../support/heard-telemetry.ts';

useAzurite();
const heard = hearTelemetry();

/** One instance answers the first message; at the other, which is heard, the second waits for the conversation. */
async function startWaiting(t: TestContext) {
  const world = await startAlone(t);
  const one = await world.start();
  const { telemetry, begun } = beginTelemetry();
  const two = await world.start({ deps: { telemetry } });
  await begun;
  const release = world.hold('first');
  await one.says('first');
  await world.asked.when(1);
  await two.says('second');
  await heard.read();
  return { world, two, release };
}

async function outcomes(): Promise<readonly unknown[]> {
  const read = await heard.read();
  assert.equal(read.has(METRICS.turnsFailed), false);
  return (read.get(METRICS.turnDuration) ?? []).map(({ attributes }) => attributes['voice_bot.outcome']);
}

describe('the telemetry of a turn that waits for another instance', PATIENCE, () => {
  it('does not count it as failed where its user stops it', async (t) => {
    const { world, two, release } = await startWaiting(t);
    await two.says('/stop');
    await world.whenSaid(1);
    release();
    await world.whenAnswered();
    // Its end is counted once all of the turn has ended.
    await two.close();
    assert.deepEqual(await outcomes(), ['withdrawn']);
  });

  it('does not count it as failed where the process ends and leaves it', async (t) => {
    const { two, release, world } = await startWaiting(t);
    await two.close();
    assert.deepEqual(await outcomes(), ['left']);
    release();
    await world.whenSaid(1);
  });
});
