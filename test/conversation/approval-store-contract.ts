import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  APPROVAL_MS,
  type Approval,
  type ApprovalStore,
  type Decision,
  type Permission,
} from '../../src/conversation/approvals/approval.ts';
import type { ConversationStore } from '../../src/conversation/conversation-store.ts';
import type { TurnQueue } from '../../src/conversation/queue/turn-queue.ts';
import { saying } from './saying.ts';
import { HandedTurns, messageIn } from './test-engine.ts';

/** An empty store, and a way to let all of its approvals expire. */
export interface TestApprovals extends AsyncDisposable {
  readonly approvals: ApprovalStore;
  readonly conversations: ConversationStore;
  readonly queue: TurnQueue;
  /** Lets the time of all approvals pass, but for the last moment. `more`: that moment, too. */
  pass(more: boolean): Promise<void>;
}

/** The time of a manual clock when it begins. */
const START_MS = 1_800_000_000_000;

let count = 0;

/** A call that somebody has asked for. The arguments hold what a database may refuse. */
export function approvalOf(key: string, personKey: string, expiresAtMs: number): Approval {
  const { text: _, attachments: __, ...asked } = saying('m', { key, personKey });
  return {
    id: `approval-${String(++count).padStart(12, '0')}`,
    title: 'Write File',
    tool: 'files__write_file',
    argumentsText: '{"path": "a\\u0000 \u0000 ü 日本 \ud800"}',
    isAlwaysOffered: true,
    asked,
    origin: 'https://files.example',
    digest: 'd',
    expiresAtMs,
    decision: undefined,
    turnId: undefined,
  };
}

const decisionOf = (activityId: string, fields: Partial<Decision> = {}): Decision => ({
  kind: 'allow',
  decider: 'ada',
  deciderName: undefined,
  activityId,
  ...fields,
});

const permissionOf = (fields: Partial<Permission> = {}): Permission => ({
  conversation: 'c',
  person: 'ada',
  origin: 'o',
  tool: 't',
  digest: 'd',
  ...fields,
});

/** The contract of every store of approvals. */
export function describeApprovals(name: string, open: () => Promise<TestApprovals>): void {
  /** Adds a call that waits. */
  const waiting = async (approvals: ApprovalStore, key = 'c', personKey = 'ada') => {
    const approval = approvalOf(key, personKey, START_MS + APPROVAL_MS);
    await approvals.add(approval);
    return approval;
  };
  const idOf = async (found: Promise<Approval | undefined>) => (await found)?.id;

  describe(`approvals in ${name}`, () => {
    it('are found by their id, and nothing else is', async () => {
      await using store = await open();
      const { approvals } = store;
      const approval = await waiting(approvals);
      const found = (await approvals.find(approval.id)) ?? assert.fail('not found');
      const { argumentsText, ...others } = found;
      const { argumentsText: _, ...expected } = approval;
      // A database leaves out what is undefined.
      assert.deepEqual(JSON.parse(JSON.stringify(others)), JSON.parse(JSON.stringify(expected)));
      assert.match(argumentsText, /ü 日本/);
      for (const id of ['approval-unknown-00', '', "' OR 1=1 --", 'x'.repeat(100_000), '\u0000'.repeat(20), '\ud800'])
        assert.equal(await approvals.find(id), undefined);
      // A store that did not answer in time is asked again.
      await approvals.add(approval);
      assert.equal(await idOf(approvals.findMeant('c', 'ada', 'another')), approval.id);
    });

    it('expire, whether they were decided or not', async () => {
      await using store = await open();
      const { approvals } = store;
      const [waits, decided] = [await waiting(approvals), await waiting(approvals)];
      await approvals.decide(decided.id, decisionOf('press'));
      await store.pass(false);
      assert.equal(await idOf(approvals.find(waits.id)), waits.id);
      await store.pass(true);
      for (const { id } of [waits, decided]) assert.equal(await approvals.find(id), undefined);
      assert.equal(await approvals.findMeant('c', 'ada', 'another'), undefined);
      assert.equal(await approvals.decide(waits.id, decisionOf('late')), undefined);
    });

    it('wait in the order of their age, for one person or for all', async () => {
      await using store = await open();
      const { approvals } = store;
      const [first, second, other] = [
        await waiting(approvals),
        await waiting(approvals),
        await waiting(approvals, 'c', 'bob'),
      ];
      await waiting(approvals, 'elsewhere');
      assert.equal(await idOf(approvals.findMeant('c', 'ada', 'another')), second.id);
      assert.equal(await idOf(approvals.findMeant('c', undefined, 'another')), other.id);
      assert.equal(await approvals.findMeant('c', 'eve', 'another'), undefined);
      await approvals.find(first.id);
      assert.equal(await idOf(approvals.findMeant('c', 'ada', 'another')), second.id, 'reading changes no order');
      await approvals.decide(second.id, decisionOf('press'));
      assert.equal(await idOf(approvals.findMeant('c', 'ada', 'another')), first.id);
      assert.equal(await idOf(approvals.findMeant('c', 'ada', 'press')), second.id, 'an activity that comes again');
    });

    it('keep their order when decisions are made, claimed and taken back', async () => {
      await using store = await open();
      const { approvals, conversations } = store;
      const [first, second, last] = [await waiting(approvals), await waiting(approvals), await waiting(approvals)];
      const newest = () => idOf(approvals.findMeant('c', 'ada', 'another'));
      await conversations.apply('c', { kind: 'stop' });
      assert.equal(await newest(), last.id, 'after a stop');
      await approvals.decide(second.id, decisionOf('press'));
      await approvals.reopen(second.id);
      assert.equal(await newest(), last.id, 'after one was reopened');
      await approvals.decide(last.id, decisionOf('press'));
      await approvals.claim(last.id, 'turn');
      await approvals.decide(first.id, decisionOf('press'));
      await conversations.apply('c', { kind: 'stop' });
      assert.equal(await newest(), second.id, 'after a stop took a decision back');
    });

    it('wait up to 50 for each person and conversation, the newest', async () => {
      await using store = await open();
      const { approvals } = store;
      const others = [await waiting(approvals, 'c', 'bob'), await waiting(approvals, 'elsewhere')];
      const decided = await waiting(approvals);
      await approvals.decide(decided.id, decisionOf('press'));
      const first = await waiting(approvals);
      const all = [];
      for (let at = 0; at < 50; at++) all.push(await waiting(approvals));
      assert.equal(await approvals.find(first.id), undefined);
      for (const { id } of [...others, decided, ...all]) assert.equal(await idOf(approvals.find(id)), id);
    });

    it('are decided once, also by two people at the same time', async () => {
      await using store = await open();
      const { approvals } = store;
      const { id } = await waiting(approvals);
      const decisions = [decisionOf('one', { deciderName: 'Ada \u0000' }), decisionOf('two', { kind: 'deny' })];
      const results = await Promise.all(decisions.map((decision) => approvals.decide(id, decision)));
      const [counting] = results.map((each) => each?.approval.decision?.activityId);
      assert.deepEqual(
        results.map((each) => each?.approval.decision?.activityId),
        [counting, counting],
      );
      assert.equal((await approvals.find(id))?.decision?.activityId, counting);
      assert.deepEqual(results.map((each) => each?.isMadeNow).sort(), [false, true]);
      const late = await approvals.decide(id, decisionOf('three'));
      assert.deepEqual([late?.approval.decision?.activityId, late?.isMadeNow], [counting, false]);
      assert.equal(await approvals.decide('approval-unknown-00', decisionOf('press')), undefined);
    });

    it('are claimed by one turn, as often as it likes', async () => {
      await using store = await open();
      const { approvals } = store;
      const { id } = await waiting(approvals);
      assert.equal(await approvals.claim(id, 'turn'), false, 'nobody has decided');
      await approvals.decide(id, decisionOf('press'));
      const claims = await Promise.all(['turn', 'other'].map((turn) => approvals.claim(id, turn)));
      assert.equal(claims.filter((isClaimed) => isClaimed).length, 1);
      const winner = (await approvals.find(id))?.turnId ?? assert.fail('not claimed');
      assert.equal(await approvals.claim(id, winner), true);
      assert.equal(await approvals.claim(id, 'third'), false);
      assert.equal(await approvals.claim('approval-unknown-00', 'turn'), false);
    });

    it('can be decided again if the turn of the decision did not begin them', async () => {
      await using store = await open();
      const { approvals } = store;
      const { id } = await waiting(approvals);
      await approvals.reopen(id);
      await approvals.decide(id, decisionOf('one'));
      await approvals.reopen(id);
      assert.equal(await idOf(approvals.findMeant('c', 'ada', 'another')), id);
      assert.equal(await approvals.claim(id, 'turn'), false);
      const again = await approvals.decide(id, decisionOf('two', { kind: 'deny' }));
      assert.deepEqual(
        [again?.approval.decision?.activityId, again?.approval.decision?.kind, again?.isMadeNow],
        ['two', 'deny', true],
      );
      await approvals.claim(id, 'turn');
      await approvals.reopen(id);
      assert.equal((await approvals.find(id))?.decision?.activityId, 'two');
      await approvals.reopen('approval-unknown-00');
    });

    for (const action of [{ kind: 'withdraw', activityId: 'two' }, { kind: 'leave' }] as const)
      it(`can be decided again if the turn of the decision waited (${action.kind})`, async () => {
        await using store = await open();
        const { approvals, conversations, queue } = store;
        const ids = [(await waiting(approvals)).id, (await waiting(approvals)).id];
        const turns = new HandedTurns(queue);
        for (const [index, approvalId] of ids.entries()) {
          const activityId = index === 0 ? 'one' : 'two';
          await approvals.decide(approvalId, decisionOf(activityId));
          await queue.add(messageIn('c', activityId, { approvalId }));
        }
        const { end } = await turns.next();
        await conversations.apply('c', action);
        const decisions = await Promise.all(ids.map(async (id) => (await approvals.find(id))?.decision?.activityId));
        assert.deepEqual(decisions, ['one', undefined]);
        end();
      });

    it('are withdrawn with the undecided ones of a conversation, and forgotten with all', async () => {
      await using store = await open();
      const { approvals, conversations } = store;
      const [waits, decided, elsewhere] = [
        await waiting(approvals),
        await waiting(approvals),
        await waiting(approvals, 'elsewhere'),
      ];
      await approvals.decide(decided.id, decisionOf('press'));
      await conversations.apply('c', { kind: 'reset' });
      assert.equal(await approvals.find(waits.id), undefined);
      assert.equal(await idOf(approvals.find(decided.id)), decided.id);
      await approvals.allow(permissionOf(), decided.id);
      await approvals.allow(permissionOf({ conversation: 'elsewhere' }), elsewhere.id);
      for (let times = 0; times < 2; times++) await conversations.apply('c', { kind: 'forget' });
      assert.equal(await approvals.find(decided.id), undefined);
      // A turn that began before may still decide.
      await approvals.allow(permissionOf(), decided.id);
      assert.deepEqual(await approvals.permissionsOf('c', 'ada'), []);
      assert.equal(await idOf(approvals.find(elsewhere.id)), elsewhere.id);
      assert.equal((await approvals.permissionsOf('elsewhere', 'ada')).length, 1);
    });

    it('allow a tool for good to one person in one conversation, until that is revoked', async () => {
      await using store = await open();
      const { approvals } = store;
      const all = [
        permissionOf(),
        permissionOf({ digest: 'e' }),
        permissionOf({ tool: 'u' }),
        permissionOf({ origin: 'p' }),
      ];
      const { id } = await waiting(approvals);
      for (const each of [...all, permissionOf()]) await approvals.allow(each, id);
      await approvals.allow(permissionOf({ person: 'bob' }), id);
      const sorted = (found: readonly Permission[]) => found.map((each) => JSON.stringify(each)).sort();
      assert.deepEqual(sorted(await approvals.permissionsOf('c', 'ada')), sorted(all));
      assert.deepEqual(await approvals.permissionsOf('c', 'eve'), []);
      assert.deepEqual(await approvals.permissionsOf('d', 'ada'), []);
      await approvals.revoke('c', 'ada');
      assert.deepEqual(await approvals.permissionsOf('c', 'ada'), []);
      assert.equal((await approvals.permissionsOf('c', 'bob')).length, 1);
    });
  });
}
