import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { en } from '../../src/messages/en.ts';
import { closingAfter } from '../support/closing.ts';
import { ApprovalChat, type ApprovingBot, startApproving } from './approving.ts';

const { approval: texts } = en;

/** A sender as Teams names one. */
const person = (name: string) => ({ from: { id: `29:${name}`, aadObjectId: name.toLowerCase(), name } });
const inTeams = (conversationType: string) => ({
  ...person('Ada'),
  channelId: 'msteams',
  conversation: { conversationType, isGroup: conversationType !== 'personal', tenantId: 't' },
});

describe('a call that waits in a chat of a channel that verifies people', () => {
  const closing = closingAfter(after);
  let under: ApprovingBot;
  before(async () => {
    const env = { ALLOWED_USERS: 'ada,bob,boss,U-ada,U-bob', TOOL_APPROVERS: 'BOSS' };
    under = await startApproving(closing, { hasAppId: true, env });
  });
  const asked = async (text: string, fields: Readonly<Record<string, unknown>> = inTeams('groupChat')) => {
    const chat = new ApprovalChat(under.bot, fields);
    await chat.ask(text);
    return chat;
  };

  it('is decided by the person who asked', async () => {
    const chat = await asked('do note A');
    await chat.press('allow');
    await chat.whenSaid(`${texts.allowed('Write a note', 'Ada')}\n\nSaid: echo`);
  });

  it('is not decided by another member, who gets a polite refusal', async () => {
    const chat = await asked('do note B');
    for (const decision of ['allow', 'deny'] as const) {
      const { length } = chat.messages;
      assert.equal((await chat.press(decision, person('Bob'))).status, 200);
      assert.equal((await chat.when(length + 1)).at(-1), texts.notYours);
    }
    await chat.say('/allow', person('Bob'));
    await chat.whenSaid(texts.nothingWaits);
    assert.equal(under.ran('B'), 0);
    await chat.press('allow');
    await chat.whenSaid('Said: echo');
    assert.equal(under.ran('B'), 1);
  });

  it('is decided by somebody whom the operator has named, in the name of the one who asked', async () => {
    const chat = await asked('do note C');
    await chat.press('allow', person('Boss'));
    await chat.whenSaid(`${texts.allowed('Write a note', 'Boss')}\n\nSaid: echo`);
    const denied = await asked('do note C2');
    await denied.say('/deny', person('Boss'));
    await denied.whenSaid('Said: {"status":"denied by the user, not done"}');
    assert.equal(under.ran('C2'), 0);
  });

  it('is not decided by somebody who may not use the bot', async () => {
    const chat = await asked('do note D');
    await chat.press('allow', person('Eve'));
    const { body } = await chat.execute(chat.data('allow'), person('Eve'));
    assert.equal(body.value, en.notAllowed);
    await chat.press('deny');
    await chat.whenSaid('denied by the user');
    assert.equal(under.ran('D'), 0);
  });

  it('is not decided from another conversation, not even by the one who asked', async () => {
    const chat = await asked('do note E');
    for (const sender of ['Ada', 'Bob', 'Boss']) {
      const other = new ApprovalChat(under.bot, { ...inTeams('groupChat'), ...person(sender) });
      const value = chat.data('allow');
      await other.say(undefined, { value });
      assert.deepEqual(await other.when(1), [texts.notYours]);
      assert.equal((await other.execute(value)).body.value, texts.notYours);
    }
    await chat.press('deny');
    await chat.whenSaid('denied by the user');
    assert.equal(under.ran('E'), 0);
  });

  it('is decided in words by the one who asked, and by nobody else', async () => {
    const inSlack = (id: string) => ({ channelId: 'slack', from: { id, name: id }, conversation: { isGroup: true } });
    const chat = new ApprovalChat(under.bot, inSlack('U-ada'));
    await chat.say('do note F');
    await chat.when(1);
    await chat.say('yes', { from: { id: 'U-bob', name: 'Bob' } });
    await chat.whenSaid('Re: yes');
    assert.equal(under.ran('F'), 0);
    await chat.say('/allow');
    await chat.whenSaid('Said: echo');
    assert.equal(under.ran('F'), 1);
  });
});
