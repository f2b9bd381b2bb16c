import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ClaimsIdentity } from 'botframework-connector';
import fc from 'fast-check';
import { toReference, toUserMessage } from '../../src/channel/user-message.ts';
import { checkActivity } from '../../src/http/activity-guard.ts';
import { startBot } from '../support/bot.ts';
import { createBarrage } from './barrage.ts';
import { anyDelivery, bodyOf } from './deliveries.ts';

const SEED = 20_261_101;

describe('a bot that gets random activities', { timeout: 60_000 }, () => {
  it('answers 2xx, 4xx or with the replies, replies to every accepted message, and keeps working', async (t) => {
    const responder = () => ({
      outputs: [{ text: 'Hi', pcm: new Uint8Array(480) }],
      ending: { kind: 'completed' } as const,
    });
    const bot = await startBot({ simulator: { responder } });
    t.after(() => bot.close());
    const barrage = createBarrage(bot.url, bot.connector);
    t.after(() => barrage.close());
    const volleys = fc.array(anyDelivery, { minLength: 20, maxLength: 20 });
    await fc.assert(fc.asyncProperty(volleys, barrage.volley), { seed: SEED, numRuns: 8, endOnFailure: true });

    assert.equal(barrage.sent, 160);
    assert.ok(barrage.replies > 20, `${barrage.replies} replies`);
    assert.equal((await fetch(`${bot.url}/health`)).status, 200);
    assert.equal((await bot.says('are you there?', { id: 'last' })).status, 200);
    const reply = await bot.connector.when(({ path, body }) => path.endsWith('/last') && body.type === 'message');
    assert.equal(reply.body.text, 'Hi');
    assert.equal(reply.body.attachments.length, 1);
    const broken = bot.logs.filter(({ level, msg }) => level === 'fatal' || msg === 'turn failed');
    assert.deepEqual(broken, []);
  });
});

describe('an activity that passes the guard', () => {
  const caller = { identity: new ClaimsIdentity([]), audience: undefined, receivedAtMs: 0 };

  it('becomes a turn and a reply route of plain JSON, whatever else it contains', () => {
    let passed = 0;
    const property = fc.property(anyDelivery, (delivery) => {
      const activity = guarded(bodyOf({ ...delivery, bytes: [] }, 'id-1', 'http://localhost'));
      if (activity === undefined) return;
      passed += 1;
      const turn = toUserMessage(activity as never, caller, { isAllowed: true, personKey: 'person', verifiedIds: [] });
      assert.equal(typeof turn.text, 'string');
      assert.ok(turn.text.length <= 20_001 && turn.attachments.length <= 20);
      assert.ok(turn.key.startsWith(`${turn.channel}/`));
      assert.deepEqual(JSON.parse(JSON.stringify(turn.reference)), plain(turn.reference));
      for (const kept of textsIn(turn.reference)) assert.ok(kept.length <= 2_048, `${kept.length} characters`);
      assert.deepEqual(toReference(activity as never, caller), turn.reference);
    });
    fc.assert(property, { seed: SEED, numRuns: 500 });
    assert.ok(passed > 160, `${passed} passed`);
  });
});

function guarded(body: Buffer): object | undefined {
  try {
    return checkActivity(JSON.parse(String(body)), { onlyLoopback: true });
  } catch (error) {
    assert.equal((error as { name?: unknown }).name, 'RequestError');
    return undefined;
  }
}

function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : [];
}

/** Without the values that JSON leaves out. */
function plain(value: object): object {
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, inner]) => inner !== undefined)
      .map(([name, inner]) => [name, inner?.constructor === Object ? plain(inner) : inner]),
  );
}
