import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { discardStored } from '../../../src/conversation/turn/deliver.ts';
import { Turn } from '../../../src/conversation/turn/turn.ts';
import { en } from '../../../src/messages/en.ts';
import { storedAudio } from '../../support/stored-audio.ts';
import { approvalOf } from '../approval-store-contract.ts';
import { talk, turn, wayBack } from '../recordings-under-test.ts';
import { AWAY, ScriptedJob } from './scripted-job.ts';

function attempt() {
  const { services, clock } = talk();
  const { diary, withReplySender } = wayBack();
  return { services, clock, turn: new Turn(new ScriptedJob(turn('hello'), diary), withReplySender, services) };
}

describe('the reply of a conversation that was forgotten meanwhile', () => {
  it('has its audio deleted, even if the first try fails', async () => {
    const { services, clock, turn } = attempt();
    let failureCount = 3;
    const removed: string[] = [];
    const remove = async (id: string) => {
      if (failureCount-- > 0) throw AWAY;
      removed.push(id);
    };
    Object.assign(services.audioStore, { remove });
    const audio = { stored: storedAudio({ id: 'audio-1' }), wav: Buffer.alloc(48), durationMs: 1 };
    const discarding = discardStored({ text: 'Hi', audio }, turn);
    await clock.advance(1_000);
    assert.deepEqual(await discarding, { text: 'Hi', audio: undefined, approvals: undefined });
    assert.deepEqual(removed, ['audio-1']);
  });

  it('waits 10 s at most for the deletion of its audio', async () => {
    const { services, clock, turn } = attempt();
    Object.assign(services.audioStore, { remove: () => Promise.reject(AWAY) });
    const audio = { stored: storedAudio(), wav: Buffer.alloc(48), durationMs: 1 };
    const discarding = discardStored({ text: 'Hi', audio }, turn);
    await clock.advance(10_000);
    assert.equal((await discarding).text, 'Hi');
  });

  it('says that nobody waits for the approvals that it asks for', async () => {
    const { turn } = attempt();
    const approvals = [approvalOf('emulator/a', 'ada', 1)];
    const reply = await discardStored({ text: 'May I?', approvals }, turn);
    assert.deepEqual(reply, { text: `May I?\n\n${en.approval.gone}`, audio: undefined, approvals: undefined });
  });
});
