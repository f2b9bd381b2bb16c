import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { argumentsHash } from '../../src/tools/tool-call.ts';

const hashOf = (argumentsText: string) => argumentsHash({ argumentsText });

describe('the hash of the arguments of a call', () => {
  it('is the same in whatever order and with whatever spaces they are written', () => {
    const first = hashOf('{"to":"a","copy":null,"body":{"lines":[1,2],"kind":"text"}}');
    assert.equal(hashOf('{ "copy": null, "body": { "kind": "text", "lines": [1, 2] }, "to": "a" }'), first);
  });

  it('is the same whether none are written as an object or not at all', () => {
    assert.deepEqual([hashOf(''), hashOf(' \n')], [hashOf('{}'), hashOf('{}')]);
  });

  it('depends on values, on the order of a list, and on whether it is a list', () => {
    const hashes = ['[1,2]', '[2,1]', '{"0":1,"1":2}', 'null', '{}'].map((list) => hashOf(`{"list":${list}}`));
    assert.equal(new Set(hashes).size, hashes.length);
  });

  it('is that of the text if it is no JSON', () => {
    assert.notEqual(hashOf('{"a":'), hashOf('{"a": '));
  });
});
