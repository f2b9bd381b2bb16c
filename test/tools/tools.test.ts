import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { z } from 'zod';
import { defineTool } from '../../src/tools/define-tool.ts';
import { type Tool, toolDigest } from '../../src/tools/tool.ts';
import { Tools } from '../../src/tools/tools.ts';
import { watchedLog } from '../channel/watched-log.ts';

function toolOf(name: string, description: string, origin: string): Tool {
  const definition = { name, title: name, description, parameters: z.object({}), approval: 'never' as const };
  return { ...defineTool({ ...definition, run: () => description }), origin };
}

/** The tools of a bot whose functions the test may replace. */
function toolsWith(...own: Tool[]) {
  const log = watchedLog();
  const sources = { loadOwnTools: async () => own, documents: undefined, log: log.log };
  const tools = new Tools({ ...sources, openServers: async () => [] });
  return { own, tools, log, setFor: () => tools.setFor([], 'personal') };
}

describe('the tools of a turn', () => {
  it('are the same object while nothing changes', async () => {
    const { setFor } = toolsWith(toolOf('a', 'one', 'bot'));
    assert.equal(await setFor(), await setFor());
  });

  it('are a new object, and permissions end, if only a title or the destructive hint changes', async () => {
    const tool = toolOf('a', 'one', 'x');
    const { own, setFor } = toolsWith(tool);
    const before = await setFor();
    for (const changed of [
      { ...tool, isDestructive: true },
      { ...tool, title: 'Another title' },
    ]) {
      own.splice(0, 1, changed);
      const set = await setFor();
      assert.notEqual(set, before);
      const { title, isDestructive } = set.tools.get('a') ?? assert.fail('no tool');
      assert.deepEqual([title, isDestructive], [changed.title, changed.isDestructive]);
      assert.notEqual(toolDigest(changed), toolDigest(tool));
    }
  });

  it('are logged once after a description has changed', async () => {
    const { own, setFor, log } = toolsWith(toolOf('a', 'one', 'x'));
    const before = await setFor();
    own.splice(0, 1, toolOf('a', 'two', 'x'));
    assert.notEqual(await setFor(), before);
    await setFor();
    const lines = log.lines.filter(({ msg }) => msg === 'tool has changed');
    assert.deepEqual(
      lines.map(({ tool }) => tool),
      ['a'],
    );
  });

  it('need an approval after a change, even if allowed, until the change is undone', async () => {
    const { own, setFor } = toolsWith(toolOf('a', 'one', 'x'));
    const approval = async () => (await setFor()).tools.get('a')?.approval;
    assert.equal(await approval(), 'never');
    own.splice(0, 1, toolOf('a', 'two', 'x'));
    assert.equal(await approval(), 'ask');
    // The server was connected again.
    own.splice(0, 1, toolOf('a', 'two', 'x'));
    assert.equal(await approval(), 'ask');
    own.splice(0, 1, toolOf('a', 'one', 'x'));
    assert.equal(await approval(), 'never');
  });

  it('need an approval if a server has listed more tools than the bot can remember', async () => {
    const { own, setFor, log } = toolsWith(toolOf('a', 'one', 'x'));
    const approval = async (name: string) => (await setFor()).tools.get(name)?.approval;
    await setFor();
    for (let list = 0; list < 20; list++) {
      own.splice(0, own.length, ...Array.from({ length: 128 }, (_, at) => toolOf(`t${list}_${at}`, 'one', 'x')));
      await setFor();
    }
    own.splice(0, own.length, toolOf('a', 'two', 'x'), toolOf('late', 'one', 'x'));
    assert.deepEqual([await approval('a'), await approval('late')], ['ask', 'ask']);
    const logged = (event: string) => log.lines.filter(({ msg }) => msg === event).map(({ tool }) => tool);
    assert.deepEqual(logged('tool has changed'), ['a']);
    assert.equal(logged('tool not remembered: too many tools').at(-1), 'late');
    own.splice(0, own.length, toolOf('a', 'one', 'x'));
    assert.equal(await approval('a'), 'never');
  });

  it('of two servers with the same name are not a change, and the first one is used', async () => {
    const first = toolOf('a', 'one', 'x');
    const { own, setFor, log } = toolsWith(first, toolOf('a', 'two', 'y'));
    for (let turn = 0; turn < 3; turn++) {
      const set = await setFor();
      assert.equal(set.tools.get('a'), first);
      assert.equal(set.definitions.length, 1);
      // A server that was connected again lists its tools anew.
      own.splice(1, 1, toolOf('a', 'two', 'y'));
    }
    assert.ok(!log.lines.some(({ msg }) => msg === 'tool has changed'));
  });

  it('of two servers with the same name and description are kept apart', async () => {
    const other = toolOf('a', 'one', 'y');
    const { own, setFor } = toolsWith(toolOf('a', 'one', 'x'));
    await setFor();
    own.splice(0, 1, other);
    assert.equal((await setFor()).tools.get('a'), other);
  });

  it('are logged as left out if their name is taken or there are more than 128', async () => {
    const many = Array.from({ length: 129 }, (_, at) => toolOf(`t${at}`, 'one', 'x'));
    const { setFor, log } = toolsWith(...many, toolOf('t0', 'two', 'y'));
    for (let turn = 0; turn < 3; turn++) assert.equal((await setFor()).tools.size, 128);
    const lines = log.lines.filter(({ msg }) => msg === 'tools left out');
    assert.deepEqual(
      lines.map(({ tools }) => tools),
      [['t128', 't0']],
    );
  });

  it('are left out after the service has rejected them, until their description changes', async () => {
    const { own, tools, setFor, log } = toolsWith(toolOf('a', 'one', 'x'), toolOf('b', 'one', 'x'));
    const names = async () => [...(await setFor()).tools.keys()];
    const set = await setFor();
    tools.leaveOut(set, ['a', 'none']);
    tools.leaveOut(set, ['a']);
    assert.deepEqual(await names(), ['b']);
    own.splice(0, 1, toolOf('a', 'two', 'x'));
    assert.deepEqual(await names(), ['a', 'b']);
    assert.equal(log.lines.filter(({ msg }) => msg === 'tool left out: rejected by the service').length, 1);
  });
});
