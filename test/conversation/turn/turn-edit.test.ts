import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { callSummaries } from '../../../src/conversation/turn/turn-edit.ts';
import { StoreError } from '../../../src/errors.ts';
import { en } from '../../../src/messages/en.ts';
import { EVERYBODY, type Tool, textOutput, toolDigest } from '../../../src/tools/tool.ts';
import { approvalOf } from '../approval-store-contract.ts';
import { turn } from '../recordings-under-test.ts';
import { start } from './attempt-under-test.ts';

const SCHEMA = { type: 'object', properties: {} } as const;

describe('a tool call in the history', () => {
  it('is well-formed, even if its name or its result is cut within an emoji', () => {
    const name = `${'n'.repeat(63)}👍`;
    const output = `${'x'.repeat(199)}👍`;
    const call = { callId: 'call-1', name, argumentsText: '{}' };
    const rest = { tool: undefined, images: [], sources: [], tookMs: 1 };
    const calls = callSummaries([{ call, end: { kind: 'done' }, output, ...rest }]);
    assert.deepEqual(calls, [`${'n'.repeat(63)}\ufffd (done): ${'x'.repeat(199)}\ufffd`]);
  });
});

describe('a decision in the history', () => {
  it('does not say that a call was approved which never began', async () => {
    const tool: Tool = {
      ...{ name: 'files__write_file', title: 'Write File', description: 'Writes it.', parameters: SCHEMA },
      ...{ approval: 'ask', isReadOnly: false, isDestructive: false, timeoutMs: 1_000, access: EVERYBODY },
      ...{ origin: 'https://files.example', run: async () => textOutput('written') },
    };
    const decision = { kind: 'allow', decider: 'emulator/a', deciderName: undefined, activityId: 'press' } as const;
    const waiting = approvalOf('emulator/a', 'emulator/a', Number.POSITIVE_INFINITY);
    const approval = { ...waiting, argumentsText: '{}', decision, digest: toolDigest(tool) };
    const { services, result, job, replies } = start({ message: turn('', { approvalId: approval.id }), answers: [] });
    const tools = new Map([[tool.name, tool]]);
    Object.assign(services.tools, { setFor: async () => ({ tools, definitions: [], definitionBytes: 0 }) });
    Object.assign(services.approvalStore, {
      find: async () => approval,
      claim: () => Promise.reject(new StoreError('store_call_invalid', 'refused for good')),
    });
    assert.equal((await result()).kind, 'answered');
    assert.ok(replies[0]?.text.includes(en.approval.notDone('Write File')), replies[0]?.text);
    assert.deepEqual(
      job.record.history.map(({ user }) => user),
      ['[not done: files__write_file]'],
    );
  });
});
