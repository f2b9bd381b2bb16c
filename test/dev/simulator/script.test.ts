import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Script, scripted } from '../../../dev/simulator/script.ts';

function ask({ responder }: Script, text: string) {
  const nothing = { history: [], clips: [], inputs: [], tools: [], toolResults: [], instructions: '' };
  return responder({ ...nothing, text, sessionId: 'sess_1' });
}

describe('a script', () => {
  it('plays its turns in order: texts, scripted responses, and functions of the context', () => {
    const hang = { outputs: [], ending: { kind: 'hang', afterDeltas: 0 } } as const;
    const script = scripted(['one', hang, ({ text }) => `you asked ${text}`, () => hang]);
    assert.deepEqual(ask(script, 'a'), { outputs: [{ text: 'one' }], ending: { kind: 'completed' } });
    assert.equal(ask(script, 'b'), hang);
    assert.deepEqual(ask(script, 'c').outputs, [{ text: 'you asked c' }]);
    assert.equal(ask(script, 'd'), hang);
    script.assertConsumed();
    assert.deepEqual(
      script.contexts.map(({ text }) => text),
      ['a', 'b', 'c', 'd'],
    );
  });

  it('is not consumed if turns are left', () => {
    const script = scripted(['one', 'two']);
    ask(script, 'a');
    assert.throws(() => script.assertConsumed(), { message: 'The script has 2 turns, 1 were asked for: "a".' });
  });

  it('fails responses beyond its last turn, and reports them', () => {
    const script = scripted([]);
    script.assertConsumed();
    const { ending } = ask(script, 'more');
    assert.equal(ending.kind === 'failed' && ending.error.code, 'script_exhausted');
    assert.throws(() => script.assertConsumed(), /0 turns, 1 were asked for: "more"/);
  });

  it('counts a turn that throws as played', () => {
    const script = scripted([() => assert.fail('on purpose'), 'two']);
    assert.throws(() => ask(script, 'a'), /on purpose/);
    assert.deepEqual(ask(script, 'b').outputs, [{ text: 'two' }]);
    script.assertConsumed();
  });
});
