import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { activityDigest } from '../../src/conversation/keys.ts';
import { EMPTY_RECORD, MAX_HANDLED } from '../../src/conversation/records.ts';
import { KEYS } from './saying.ts';
import { HandedTurns, messageIn, type TestEngine } from './test-engine.ts';

const idOf = (activityId: string) => activityDigest({ activityId });
const withVoice = (voice: string) =>
  ({ kind: 'edit', edit: (record: typeof EMPTY_RECORD) => ({ ...record, settings: { voice } }) }) as const;

/** Compared as JSON, since a store may leave out fields that are `undefined`. */
const written = (value: unknown): unknown => value && JSON.parse(JSON.stringify(value));

/** The contract of every conversation store. */
export function describeConversations(name: string, open: () => Promise<TestEngine>): void {
  describe(`conversations in ${name}`, () => {
    it('are empty before their first message', async () => {
      await using engine = await open();
      for (const key of KEYS) assert.deepEqual(await engine.conversations.read(key), EMPTY_RECORD);
    });

    it('are distinguished by their keys, however long', async () => {
      await using engine = await open();
      const keys = [...KEYS, `${'x'.repeat(5_000)}y`, 'a\u0000', '\ud800', '\ud801'];
      for (const [index, key] of keys.entries()) await engine.conversations.apply(key, withVoice(`voice ${index}`));
      for (const [index, key] of keys.entries())
        assert.equal((await engine.conversations.read(key)).settings.voice, `voice ${index}`);
    });

    it('are created once, and again after they were forgotten', async () => {
      await using engine = await open();
      const { conversations } = engine;
      assert.equal(await conversations.create('a'), true);
      assert.equal(await conversations.create('a'), false);
      await conversations.apply('a', { kind: 'forget' }, 'forget');
      assert.equal(await conversations.create('a'), true);
      assert.equal(await conversations.create('a'), false);
      assert.deepEqual((await conversations.read('a')).answered, [idOf('forget')]);
      await conversations.apply('b', { kind: 'markHandled' }, 'note');
      assert.equal(await conversations.create('b'), false);
    });

    it('stay forgotten when a button there is pressed, until a new message arrives', async () => {
      await using engine = await open();
      const { conversations } = engine;
      await conversations.create('a');
      await conversations.apply('a', { kind: 'forget' }, 'forget');
      for (const id of ['one', 'two']) await conversations.apply('a', { kind: 'markHandled' }, id);
      assert.equal(await conversations.apply('a', { kind: 'markHandled' }, 'two'), undefined);
      assert.equal(await conversations.create('a'), true);
      await conversations.apply('a', { kind: 'markHandled' }, 'three');
      assert.equal(await conversations.create('a'), false);
    });

    it('are changed once by an activity, however often it is delivered', async () => {
      await using engine = await open();
      const { conversations } = engine;
      const results = await Promise.all([1, 2, 3].map(() => conversations.apply('a', withVoice('alloy'), 'one')));
      assert.deepEqual(results.filter(Boolean), [{ cancelledCount: 0 }]);
      assert.ok(await conversations.apply('a', { kind: 'markHandled' }, 'two'));
      assert.equal(await conversations.apply('a', withVoice('verse'), 'two'), undefined);
      const { settings, answered } = await conversations.read('a');
      assert.deepEqual([settings, answered], [{ voice: 'alloy' }, [idOf('one'), idOf('two')]]);
    });

    it('remember only the latest activities', async () => {
      await using engine = await open();
      const { conversations } = engine;
      for (let index = 0; index <= MAX_HANDLED; index++)
        await conversations.apply('a', { kind: 'markHandled' }, `c${index}`);
      const { answered } = await conversations.read('a');
      assert.deepEqual([answered.length, answered.at(-1)], [MAX_HANDLED, idOf(`c${MAX_HANDLED}`)]);
    });

    it('lose their history on reset, and keep settings and usage', async () => {
      await using engine = await open();
      const { conversations } = engine;
      const edit = (record: typeof EMPTY_RECORD) => ({
        ...record,
        history: [{ user: 'u', assistant: 'a' }],
        rejectedTurns: 1,
        settings: { voice: 'alloy' },
        sessionVersion: 'turn',
      });
      await conversations.apply('a', { kind: 'edit', edit });
      await conversations.apply('a', { kind: 'reset' }, 'reset');
      const { history, rejectedTurns, settings, sessionVersion, answered } = await conversations.read('a');
      assert.deepEqual([history, rejectedTurns, settings, sessionVersion], [[], 0, { voice: 'alloy' }, undefined]);
      assert.deepEqual(answered, [idOf('reset')]);
    });

    it('keep the fields of newer versions', async () => {
      await using engine = await open();
      const { conversations } = engine;
      const edit = (record: typeof EMPTY_RECORD) => ({ ...record, version: 9, reminders: [{ at: 1 }] });
      await conversations.apply('a', { kind: 'edit', edit });
      await conversations.apply('a', withVoice('alloy'), 'c');
      const record: typeof EMPTY_RECORD & { reminders?: unknown } = await conversations.read('a');
      assert.deepEqual([record.version, record.reminders], [9, [{ at: 1 }]]);
    });

    it('are deleted by forget, with their recording links but without the activity ids', async () => {
      await using engine = await open();
      const { conversations, recordingLinks } = engine;
      await conversations.apply('a', withVoice('alloy'), 'voice');
      const ours = await recordingLinks.create(messageIn('a', 'm'));
      const others = await recordingLinks.create(messageIn('b', 'm'));
      assert.ok(await conversations.apply('a', { kind: 'forget' }, 'forget'));
      const expected = { ...EMPTY_RECORD, answered: [idOf('voice'), idOf('forget')] };
      assert.deepEqual(await conversations.read('a'), expected);
      assert.equal(await conversations.apply('a', withVoice('alloy'), 'voice'), undefined);
      assert.equal(await recordingLinks.find(ours.id), undefined);
      assert.deepEqual(written(await recordingLinks.find(others.id)), written(others));
    });

    it('are found by their team until they are forgotten', async () => {
      await using engine = await open();
      const { conversations, queue } = engine;
      const turns = new HandedTurns(queue);
      for (const [key, team] of [
        ['a', 'red'],
        ['b', 'red'],
        ['c', 'blue'],
        ['d', undefined],
      ] as const) {
        await queue.add(messageIn(key, 'm', team === undefined ? {} : { team }));
        await turns.answerNext();
      }
      assert.deepEqual([...(await conversations.keysOfTeam('red'))].sort(), ['a', 'b']);
      await conversations.apply('a', { kind: 'forget' });
      assert.deepEqual(await conversations.keysOfTeam('red'), ['b']);
      assert.deepEqual(await conversations.keysOfTeam('green'), []);
    });

    it('are found by their team with their whole keys, however long', async () => {
      await using engine = await open();
      const { conversations, queue } = engine;
      const key = KEYS.reduce((longest, each) => (each.length > longest.length ? each : longest));
      const turns = new HandedTurns(queue);
      await queue.add(messageIn(key, 'm', { team: 'red' }));
      await turns.answerNext();
      assert.deepEqual(await conversations.keysOfTeam('red'), [key]);
      await queue.add(messageIn(key, 'n', { team: 'red' }));
      const running = await turns.next();
      assert.deepEqual(await conversations.keysOfTeam('red'), [key], 'while its message waits');
      running.end();
    });

    it('have recording links that can be used once, one for each user', async () => {
      await using engine = await open();
      const { recordingLinks } = engine;
      const first = await recordingLinks.create(messageIn('a', 'm'));
      const second = await recordingLinks.create(messageIn('a', 'm'));
      const others = await recordingLinks.create(messageIn('a', 'm', { personKey: 'other' }));
      assert.equal(await recordingLinks.find(first.id), undefined);
      assert.deepEqual(written(await recordingLinks.find(second.id)), written(second));
      const taken = await Promise.all([1, 2, 3].map(() => recordingLinks.claim(second.id)));
      assert.deepEqual(taken.filter(Boolean), [true]);
      assert.equal(await recordingLinks.find(second.id), undefined);
      assert.equal(await recordingLinks.claim(first.id), false);
      assert.deepEqual(written(await recordingLinks.find(others.id)), written(others));
      for (const id of ['', 'x', '\u0000', "'; DROP", 'x'.repeat(33)]) {
        assert.equal(await recordingLinks.find(id), undefined);
        assert.equal(await recordingLinks.claim(id), false);
      }
    });
  });
}
