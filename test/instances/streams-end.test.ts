import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { until } from '../conversation/talk.ts';
import { inTime } from '../realtime/gathered.ts';
import { streamInfo, TeamsRules } from '../support/teams-rules.ts';
import type { World } from './instances.ts';
import { PATIENCE, startAlone, useAzurite } from './two.ts';

useAzurite();

const TEAMS = { channelId: 'msteams', conversation: { id: 'a:1', conversationType: 'personal' } };

const streamTypes = ({ connector }: World) => connector.calls.flatMap((call) => streamInfo(call)?.['streamType'] ?? []);

describe('a Teams stream that was begun is always ended', PATIENCE, () => {
  it('also where the process drains, and leaves the message to another instance', async (t) => {
    const world = await startAlone(t, { DRAIN_SECONDS: '0' });
    const rules = new TeamsRules(Date.now);
    world.connector.rule = rules.rule;
    const one = await world.start();
    const release = world.hold('first');
    await one.says('first', TEAMS);
    await world.asked.when(1);
    await until(() => streamTypes(world).length > 0);
    await inTime(one.close());
    assert.deepEqual(streamTypes(world), ['informative', 'final']);
    assert.match(world.said.at(-1) ?? '', /interrupted/);
    assert.deepEqual(rules.broken, []);
    assert.equal((await world.pending()).length, 1, 'it is still to be answered');
    release();
  });
});
