import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseUserText } from '../../../dev/simulator/user-text.ts';
import { quoteLine } from '../../../src/attachments/message-parts.ts';
import { quotedTextFile } from '../../../src/attachments/text-file.ts';
import { itemText } from '../../../src/conversation/speakers.ts';

const GROUP = { scope: 'group', user: { id: 'u', name: 'Ada' } } as const;

describe('what the bot adds to the text of a user', () => {
  it('is removed: the author and the quoted message', () => {
    const quote = quoteLine({ of: 'reply', author: 'Bob', text: 'yesterday' });
    const said = itemText({ ...GROUP, text: 'hello\n\n"there"' });
    assert.deepEqual(parseUserText(said), { text: 'hello\n\n"there"', files: [] });
    assert.deepEqual(parseUserText(`${quote}\n\n${said}`), { text: 'hello\n\n"there"', files: [] });
    assert.equal(parseUserText(`${quote}\n\nhello`).text, 'hello');
    assert.equal(parseUserText(quoteLine({ of: 'forward', author: undefined, text: 'x' })).text, '');
    assert.equal(parseUserText(itemText({ ...GROUP, text: '' })).text, '');
    assert.equal(parseUserText('The user also sent a file, which could not be read; they are told so.').text, '');
  });

  it('is removed: the lines of a text file, which becomes a file with a name and a length', () => {
    const read = (name: string | undefined, text: string) => parseUserText(quotedTextFile(name, text));
    assert.deepEqual(read('notes.txt', 'one\ntwo\n'), {
      text: '',
      files: [{ kind: 'textFile', name: 'notes.txt', lines: ['one', 'two'] }],
    });
    assert.deepEqual(read(undefined, ''), { text: '', files: [{ kind: 'textFile', name: undefined, lines: [] }] });
  });

  it('does not include what users write themselves', () => {
    for (const text of ['', 'hello', 'Ada wrote: nothing', 'The user attached a text file. Each of its lines\nhello']) {
      assert.deepEqual(parseUserText(text), { text, files: [] });
    }
  });
});
