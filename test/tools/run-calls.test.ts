import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { z } from 'zod';
import { systemClock } from '../../src/clock.ts';
import type { AuditEvent } from '../../src/tools/audit.ts';
import { defineTool, type ToolDefinition } from '../../src/tools/define-tool.ts';
import { earlierEnd, type RunCallsDeps, runCalls, type Verdict } from '../../src/tools/run-calls.ts';
import type { Tool } from '../../src/tools/tool.ts';
import { argumentsHash, type ToolCall } from '../../src/tools/tool-call.ts';
import { ToolError } from '../../src/tools/tool-error.ts';
import { context } from './mcp-under-test.ts';

function tool(name: string, more: Partial<ToolDefinition<z.ZodObject>> = {}): Tool {
  const parameters = z.looseObject({});
  const base = {
    name,
    title: name,
    description: name,
    parameters,
    approval: 'never' as const,
    run: () => `${name} ran`,
  };
  return defineTool({ ...base, ...more });
}
const call = (name: string, argumentsText = '{}', callId = `call_${name}`): ToolCall => ({
  callId,
  name,
  argumentsText,
});

/** Runs them; gives the results and what was recorded. */
async function run(
  calls: readonly ToolCall[],
  tools: readonly Tool[],
  more: { left?: number; verdict?: Verdict; signal?: AbortSignal } & Partial<
    Pick<RunCallsDeps, 'judge' | 'appendAudit'>
  > = {},
) {
  const recorded: string[] = [];
  const deps: RunCallsDeps = {
    tools: new Map(tools.map((each) => [each.name, each])),
    downServers: [],
    context: context(),
    clock: systemClock,
    judge: more.judge ?? (async () => more.verdict ?? 'run'),
    measure: (_tool, _call, work) => work(),
    appendAudit: more.appendAudit ?? (async (each, _call, event) => void recorded.push(`${each.name} ${event}`)),
  };
  const results = await runCalls(calls, more.left ?? 16, deps, more.signal ?? new AbortController().signal);
  return { recorded, results, ends: results.map(({ end }) => end), outputs: results.map(({ output }) => output) };
}

describe('the calls of a response', () => {
  it('have one result each, in their order', async () => {
    const { outputs, ends } = await run([call('a'), call('b')], [tool('b'), tool('a')]);
    assert.deepEqual(outputs, ['a ran', 'b ran']);
    assert.deepEqual(ends, [{ kind: 'done' }, { kind: 'done' }]);
  });

  for (const [name, asked, code, output] of [
    ['a tool that does not exist', call('none'), 'tool_unknown', /There is no tool \\"none\\". There are: a/],
    ['arguments that are no JSON', call('a', '{"x":'), 'arguments_invalid', /not JSON/],
    ['arguments that are no object', call('a', '[1]'), 'arguments_invalid', /not a JSON object/],
    ['arguments that are too long', call('a', `"${'x'.repeat(16_000)}"`), 'arguments_invalid', /more than 16000/],
    ['arguments against the schema', call('b', '{"x":"y"}'), 'arguments_invalid', /expected number/],
  ] as const) {
    it(`fail without running or asking: ${name}`, async () => {
      const never = () => assert.fail('it ran');
      const b = tool('b', { parameters: z.object({ x: z.number() }), run: never });
      const a = tool('a', { run: never });
      // A tool of an MCP server does not check its arguments.
      const { check: _, ...unchecked } = a;
      for (const each of [a, unchecked]) {
        // Nobody is asked to approve what cannot run.
        const { ends, outputs } = await run([asked], [each, b], { verdict: 'waiting' });
        assert.deepEqual(ends, [{ kind: 'failed', code }]);
        assert.match(outputs[0] ?? '', output);
        assert.equal(typeof JSON.parse(outputs[0] ?? '').error, 'string');
      }
    });
  }

  it('need no arguments', async () => {
    assert.deepEqual((await run([call('a', '')], [tool('a')])).ends, [{ kind: 'done' }]);
  });

  it('fail alone, without internal details', async () => {
    const broken = tool('a', {
      isReadOnly: true,
      run() {
        throw new Error('password is 123');
      },
    });
    const { outputs, ends } = await run([call('a'), call('b')], [broken, tool('b')]);
    assert.deepEqual(ends, [{ kind: 'failed', code: 'tool_failed' }, { kind: 'done' }]);
    assert.equal(outputs[0], '{"error":"It failed."}');
  });

  for (const [name, result] of [
    ['throws', () => Promise.reject(new TypeError('fetch failed'))],
    ['returns what is no JSON', async () => ({ count: 1n })],
  ] as const) {
    it(`have an unknown outcome if a function that changes something ${name}`, async () => {
      const { outputs, ends, recorded } = await run([call('a')], [tool('a', { run: result })]);
      assert.deepEqual([ends, recorded], [[{ kind: 'unknown' }], ['a began', 'a unknown']]);
      assert.match(outputs[0] ?? '', /It failed: it is not known whether it was done\. Do not call it again/);
    });
  }

  it('fail with the reason if the function returns an error alone: nothing was done', async () => {
    const refused = (more: object) => tool('a', { run: () => ({ error: 'There is no printer.', ...more }) });
    const { outputs, ends, recorded } = await run([call('a')], [refused({})]);
    assert.deepEqual(ends, [{ kind: 'failed', code: 'tool_failed' }]);
    assert.deepEqual([outputs, recorded], [['{"error":"There is no printer."}'], ['a began', 'a failed']]);
    assert.deepEqual((await run([call('a')], [refused({ pages: 1 })])).ends, [{ kind: 'done' }]);
  });

  it('return up to 8,000 characters, and say how many were cut', async () => {
    const { outputs } = await run([call('a')], [tool('a', { run: () => 'x'.repeat(9_000) })]);
    assert.match(outputs[0] ?? '', /^x{8000}\n\[cut here: 1000 more characters were left out\]$/);
  });

  it('run in parallel if read-only, else one after another', async () => {
    const order: string[] = [];
    const slow = (name: string, isReadOnly: boolean) =>
      tool(name, {
        isReadOnly,
        async run() {
          order.push(`${name} begins`);
          await new Promise(setImmediate);
          order.push(`${name} ends`);
          return name;
        },
      });
    await run([call('a'), call('b')], [slow('a', true), slow('b', true)]);
    assert.deepEqual(order.splice(0), ['a begins', 'b begins', 'a ends', 'b ends']);
    await run([call('a'), call('b')], [slow('a', false), slow('b', false)]);
    assert.deepEqual(order, ['a begins', 'a ends', 'b begins', 'b ends']);
  });

  it('time out: a read-only call fails, any other has an unknown outcome', async () => {
    const hung = (isReadOnly: boolean) =>
      tool('a', { isReadOnly, timeoutSeconds: 0.01, run: () => new Promise<string>(() => {}) });
    assert.deepEqual((await run([call('a')], [hung(true)])).ends, [{ kind: 'failed', code: 'tool_timeout' }]);
    const { ends, recorded } = await run([call('a')], [hung(false)]);
    assert.deepEqual(ends, [{ kind: 'unknown' }]);
    assert.deepEqual(recorded, ['a began', 'a unknown']);
  });

  it('do not begin, nor count as begun, if they are stopped while their approval is claimed', async () => {
    const stop = new AbortController();
    const judge = async () => {
      stop.abort(new Error('stopped'));
      return 'run' as const;
    };
    const appendAudit = async () => assert.fail('it was recorded');
    const never = tool('a', { run: () => assert.fail('it ran') });
    await assert.rejects(run([call('a')], [never], { signal: stop.signal, judge, appendAudit }), /^Error: stopped$/);
  });

  it('end on abort even if the tool ignores the signal; the audit of a begun call is unknown', async () => {
    const stop = new AbortController();
    const recorded: string[] = [];
    const hung = tool('a', {
      run() {
        stop.abort(new Error('stopped'));
        return new Promise<string>(() => {});
      },
    });
    const appendAudit = async (_tool: Tool, _call: ToolCall, event: string) => void recorded.push(event);
    await assert.rejects(run([call('a'), call('a')], [hung], { signal: stop.signal, appendAudit }), /^Error: stopped$/);
    assert.deepEqual(recorded, ['began', 'unknown']);
  });

  it('above the limit of the turn do not run', async () => {
    const { ends } = await run([call('a'), call('a')], [tool('a')], { left: 1 });
    assert.deepEqual(ends, [{ kind: 'done' }, { kind: 'tooMany' }]);
  });

  for (const [verdict, output] of [
    ['waiting', /waiting for the user's approval, not done/],
    ['denied', /denied by the user, not done/],
    ['doneBefore', /done already/],
    ['unknown', /not known whether an earlier call has done this/],
  ] as const) {
    it(`do not run with the verdict "${verdict}"`, async () => {
      const { ends, outputs, recorded } = await run([call('a')], [tool('a', { run: () => assert.fail('it ran') })], {
        verdict,
      });
      assert.deepEqual(ends, [{ kind: verdict }]);
      assert.match(outputs[0] ?? '', output);
      assert.deepEqual(recorded, []);
    });
  }

  it('have audit entries before and after unless read-only, and do not run if the audit cannot be written', async () => {
    assert.deepEqual((await run([call('a')], [tool('a')])).recorded, ['a began', 'a done']);
    assert.deepEqual((await run([call('a')], [tool('a', { isReadOnly: true })])).recorded, []);
    const broken = tool('a', {
      run() {
        throw new ToolError('tool_failed', 'no');
      },
    });
    assert.deepEqual((await run([call('a')], [broken])).recorded, ['a began', 'a failed']);
    const appendAudit = () => Promise.reject(new Error('store away'));
    await assert.rejects(
      run([call('a')], [tool('a', { run: () => assert.fail('it ran') })], { appendAudit }),
      /store away/,
    );
  });
});

describe('the calls of a response that fails because the store cannot be reached', () => {
  const storeAway = () => Promise.reject(new Error('store away'));
  const untilSettled = () => new Promise((resolve) => setTimeout(resolve, 0));

  it('are not begun after the call whose audit failed, even if the store is back', async () => {
    const ran: string[] = [];
    const named = (name: string) => tool(name, { run: () => String(ran.push(name)) });
    const appendAudit = (each: Tool) => (each.name === 'a' ? storeAway() : Promise.resolve());
    await assert.rejects(run([call('a'), call('b')], [named('a'), named('b')], { appendAudit }), /store away/);
    await untilSettled();
    assert.deepEqual(ran, []);
  });

  it('are not begun after a read-only call has failed; the one that runs is finished, and recorded', async () => {
    const recorded: string[] = [];
    const going = Promise.withResolvers<string>();
    const [a, b] = [tool('a', { run: () => going.promise }), tool('b', { run: () => assert.fail('it ran') })];
    const judge = (each: Tool) => (each.isReadOnly ? storeAway() : Promise.resolve('run' as const));
    const appendAudit = async (each: Tool, _: ToolCall, event: string) => void recorded.push(`${each.name} ${event}`);
    const readOnly = tool('read', { isReadOnly: true });
    const calls = [call('a'), call('b'), call('read')];
    await assert.rejects(run(calls, [a, b, readOnly], { judge, appendAudit }), /store away/);
    going.resolve('done');
    await untilSettled();
    assert.deepEqual(recorded, ['a began', 'a done']);
  });
});

describe('the end of a call in an earlier attempt', () => {
  const a = tool('a');
  const entry = (event: AuditEvent, name = 'a', text = '{}') => ({
    ...{ event, tool: name, argumentsHash: argumentsHash({ argumentsText: text }) },
  });
  for (const [name, entries, expected] of [
    ['nothing', [], undefined],
    ['another tool', [entry('began', 'b')], undefined],
    ['other arguments', [entry('began', 'a', '{"x":1}'), entry('done', 'a', '{"x":1}')], undefined],
    ['interrupted with other arguments', [entry('began', 'a', '{"x":1}')], 'unknown'],
    ['done, written in another way', [entry('began', 'a', ' { } '), entry('done', 'a', ' { } ')], 'doneBefore'],
    ['begun', [entry('began')], 'unknown'],
    ['done', [entry('began'), entry('done')], 'doneBefore'],
    ['failed', [entry('began'), entry('failed')], undefined],
    ['not known', [entry('began'), entry('unknown')], 'unknown'],
    ['failed, then begun again', [entry('began'), entry('failed'), entry('began')], 'unknown'],
  ] as const) {
    it(`is read from the audit: ${name}`, () => assert.equal(earlierEnd(entries, a, call('a')), expected));
  }
});
