import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { ScriptedTurn } from '../../dev/simulator/script.ts';
import { en } from '../../src/messages/en.ts';
import { closingAfter } from '../support/closing.ts';
import { answerWith } from '../tools/scripted-http.ts';
import { ApprovalChat, type ApprovingBot, scriptedModel, startApproving } from './approving.ts';

const { approval: texts } = en;
const ending = { kind: 'completed' } as const;
const call = (name: string, text: string) => ({
  call: { name: `srv__${name}`, arguments: JSON.stringify({ text }) },
});
const broken = (type: string, code: string): ScriptedTurn => ({
  outputs: [],
  ending: { kind: 'failed', error: { type, code, message: 'no' } },
});

/** `look` runs without asking, and nobody has said that it changes nothing. */
describe('what calls have done', () => {
  const closing = closingAfter(after);
  let under: ApprovingBot;
  const model = scriptedModel();
  before(async () => {
    const { responder } = model;
    under = await startApproving(closing, { simulator: { responder } });
  });
  const scripted = (...script: ScriptedTurn[]) => {
    model.play(script);
    return new ApprovalChat(under.bot, { channelId: 'telegram' });
  };

  for (const [type, code] of [
    ['server_error', 'server_error'],
    ['invalid_request_error', 'nonsense'],
  ] as const) {
    it(`is said if the answer fails (${type}), and later sessions know it`, async () => {
      const chat = scripted({ outputs: [call('look', code)], ending }, broken(type, code), ({ history }) => {
        return JSON.stringify(history);
      });
      await chat.say('Look.');
      await chat.whenSaid(texts.done('Look'));
      await chat.say('Did you?');
      await chat.whenSaid('srv__look (done): echo');
      assert.equal(under.ran(code), 1);
    });
  }

  it('is not repeated within the same answer if its outcome is unknown', async () => {
    under.mcp.intercept = ({ params }, response) => {
      const isUnclear = JSON.stringify(params?.['arguments']) === JSON.stringify({ text: 'unclear' });
      if (isUnclear) answerWith(response, 502);
      return isUnclear;
    };
    const again = { outputs: [call('look', 'unclear')], ending };
    const chat = scripted(again, again, ({ toolResults }) => String(toolResults.at(-1)?.output));
    await chat.say('Look.');
    await chat.whenSaid('Do not call it again');
    assert.equal(under.ran('unclear'), 1);
  });

  /** Holds the call with this text. Resolves once it has begun. */
  const hold = (text: string) => {
    const begun = Promise.withResolvers<void>();
    under.mcp.intercept = ({ params }) => {
      const isHeld = JSON.stringify(params?.['arguments']) === JSON.stringify({ text });
      if (isHeld) begun.resolve();
      return isHeld;
    };
    return begun.promise;
  };

  /** Stops an answer during its second call; the first one waits for an approval, and was not shown. */
  async function stopDuringCall() {
    const begun = hold('held');
    const chat = scripted({ outputs: [call('note', 'N'), call('look', 'held')], ending });
    await chat.say('Do both.');
    await begun;
    await chat.say('/stop');
    await chat.whenSaid(texts.doneUnknown('Look'));
    return chat;
  }

  it('is unknown if the user stops the answer meanwhile', async () => {
    await stopDuringCall();
  });

  it('cannot be allowed if it was not shown before the user stopped the answer', async () => {
    const chat = await stopDuringCall();
    await chat.say('/allow');
    await chat.whenSaid(texts.nothingWaits);
    assert.equal(under.ran('N'), 0);
  });

  it('is known of the calls that had ended when the user stops a later one', async () => {
    const begun = hold('later');
    const malformed = { call: { name: 'srv__look', arguments: 'not JSON' } };
    const outputs = [call('look', 'earlier'), malformed, call('look', 'later')];
    const chat = scripted({ outputs, ending }, ({ history }) => JSON.stringify(history));
    await chat.say('Look twice.');
    await begun;
    await chat.say('/stop');
    await chat.whenSaid(texts.doneUnknown('Look'));
    const reply = chat.texts.find((text) => text.includes(texts.doneUnknown('Look'))) ?? '';
    assert.deepEqual(reply.split('\n\n').slice(-2), [texts.done('Look'), texts.doneUnknown('Look')]);
    assert.equal(reply.split(texts.doneUnknown('Look')).length, 2, 'the malformed call never ran');
    await chat.say('Did you?');
    await chat.whenSaid('srv__look (done): echo');
    assert.match(chat.texts.at(-1) ?? '', /\(done\).*\(failed\).*\(unknown\)/);
  });
});
