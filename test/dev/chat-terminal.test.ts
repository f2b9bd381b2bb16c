import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { describe, it } from 'node:test';
import { setImmediate as nextTick } from 'node:timers/promises';
import { Terminal } from '../../dev/chat/chat-terminal.ts';

function open({ isTTY = false } = {}) {
  const input = new PassThrough();
  const output = Object.assign(new PassThrough(), { isTTY, columns: 80 });
  const interrupts: string[] = [];
  const terminal = new Terminal({ input, output, onInterrupt: () => interrupts.push('Ctrl-C') });
  const written = () => String(output.read() ?? '');
  return { input, terminal, interrupts, written };
}

describe('Terminal with a pipe', () => {
  it('answers every piped line in order, even a last line without a line break', async () => {
    const { input, terminal, written } = open();
    input.end('one\ntwo\nthree');
    assert.equal(await terminal.ask('? '), 'one');
    await nextTick();
    terminal.say('answer');
    assert.equal(await terminal.ask('? '), 'two');
    assert.equal(await terminal.ask('? '), 'three');
    assert.equal(await terminal.ask('? '), undefined);
    assert.equal(await terminal.ask('? '), undefined);
    assert.equal(written(), '? one\nanswer\n? two\n? three\n? \n? \n');
  });

  it('ends an incomplete line before it prints the next one', async () => {
    const { input, terminal, written } = open();
    input.end('one\ntwo');
    terminal.write('Hel');
    terminal.write('lo.');
    terminal.endLine();
    terminal.endLine();
    terminal.write('More');
    terminal.say('line');
    terminal.write('Last');
    assert.equal(await terminal.ask('? '), 'one');
    assert.equal(written(), 'Hello.\nMore\nline\nLast\n? one\n');
  });

  it('limits how many lines it reads ahead', async () => {
    const { input, terminal } = open();
    for (let count = 0; count < 300; count++) input.write(`${count}\n`);
    await nextTick();
    assert.ok(input.isPaused());
    for (let count = 0; count < 300; count++) assert.equal(await terminal.ask(''), String(count));
    input.end();
    assert.equal(await terminal.ask(''), undefined);
  });

  it('drops queued lines when it is closed, and ends a pending prompt', async () => {
    const { input, terminal } = open();
    input.write('one\ntwo\nthree\n');
    assert.equal(await terminal.ask(''), 'one');
    terminal.close();
    terminal.close();
    assert.equal(await terminal.ask(''), undefined);

    const other = open();
    const asked = other.terminal.ask('');
    other.terminal.close();
    assert.equal(await asked, undefined);
  });
});

describe('Terminal with a person', () => {
  it('shows the prompt, and the typed line only once', async () => {
    const { input, terminal, written } = open({ isTTY: true });
    const asked = terminal.ask('? ');
    assert.ok(written().includes('? '));
    input.write('hello\r');
    assert.equal(await asked, 'hello');
    assert.equal(written().replaceAll('\r', ''), 'hello\n');
  });

  it('shows text that was typed ahead below new output, and after the next prompt', async () => {
    const { input, terminal, written } = open({ isTTY: true });
    input.write('typed');
    await nextTick();
    written();
    terminal.say('an answer');
    assert.equal(written(), '\r\x1b[Kan answer\ntyped');
    const asked = terminal.ask('? ');
    assert.ok(written().includes('? typed'));
    input.write(' ahead\r');
    assert.equal(await asked, 'typed ahead');
  });

  it('shows a whole line that was typed ahead with the prompt that it answers', async () => {
    const { input, terminal, written } = open({ isTTY: true });
    input.write('early\r');
    await nextTick();
    written();
    assert.equal(await terminal.ask('? '), 'early');
    assert.equal(written(), '? early\n');
  });

  it('distinguishes Ctrl-C from the end of the input, Ctrl-D', async () => {
    const { input, terminal, interrupts } = open({ isTTY: true });
    const asked = terminal.ask('? ');
    input.write('\x03');
    await nextTick();
    assert.deepEqual(interrupts, ['Ctrl-C']);
    input.write('\x04');
    assert.equal(await asked, undefined);
  });
});
