import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { isDataUri, readDataUri } from '../../src/attachments/data-uri.ts';

const MOST = 1_000;
const read = async (text: string) => (await readDataUri(text, MOST)).toString();

describe('a data URI', () => {
  for (const [text, content] of [
    ['data:image/png;base64,YSBmaWxl', 'a file'],
    ['DATA:image/png;BASE64,YSBmaWxl', 'a file'],
    ['data:audio/wav;codecs="1"; base64,YSBmaWxl', 'a file'],
    ['data:text/plain;charset=utf-8,a%20f%C3%AFle', 'a fïle'],
    ['data:text/plain,ünwritten%21', 'ünwritten!'],
    ['data:,a,b;base64,c', 'a,b;base64,c'],
    ['data:;base64,YQ==', 'a'],
    ['data:;base64,YQ', 'a'],
    ['data:;base64,YWI=', 'ab'],
    ['data:;base64,YSBm\r\n aWxl', 'a file'],
    ['data:;base64,YQ%3D%3D', 'a'],
    ['data:text/plain,100%', '100%'],
    ['data:text/plain,%zz%2', '%zz%2'],
    ['data:,', ''],
    ['data:image/png;base64,', ''],
  ] as const) {
    it(`is decoded: ${JSON.stringify(text)}`, async () => {
      assert.ok(isDataUri(text));
      assert.equal(await read(text), content);
    });
  }

  for (const text of [
    'data:',
    'data:image/png;base64',
    'https://good.example/,',
    ' data:,a',
    '',
    'data:;base64,Y',
    'data:;base64,YWJjZ',
    'data:;base64,Y!==',
    'data:;base64,YQ===',
    'data:;base64,Y=Q=',
    'data:;base64,YS1_',
    'data:;base64,https://good.example/',
  ]) {
    it(`is reported as damaged: ${JSON.stringify(text.slice(0, 40))}`, async () => {
      await assert.rejects(read(text), { code: 'damaged' });
    });
  }

  it('is too large by a single byte, in either form', async () => {
    for (const form of ['base64', 'percent', 'plain']) {
      const of = (length: number) => {
        const bytes = Buffer.alloc(length, 'ü');
        if (form === 'base64') return `data:;base64,${bytes.toString('base64')}`;
        const hex = bytes.toString('hex').replace(/../g, '%$&');
        return form === 'percent' ? `data:,${hex}` : `data:,${'a'.repeat(length)}`;
      };
      assert.equal((await readDataUri(of(MOST), MOST)).length, MOST);
      await assert.rejects(readDataUri(of(MOST + 1), MOST), { code: 'too_large' });
    }
  });

  it('is not decoded if it cannot fit, and the error quotes none of it', async () => {
    const long = `data:;base64,${'a-secret!'.repeat(1_000)}`;
    const error = await readDataUri(long, MOST).catch((reason: Error & { code: string }) => reason);
    assert.ok(error instanceof Error);
    assert.equal(error.code, 'too_large');
    assert.doesNotMatch(error.message, /secret/);
  });

  it('survives encoding and decoding unchanged', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: MOST }), async (bytes) => {
        const hex = Buffer.from(bytes).toString('hex').replace(/../g, '%$&');
        assert.deepEqual(new Uint8Array(await readDataUri(`data:,${hex}`, MOST)), bytes);
        const base64 = Buffer.from(bytes).toString('base64');
        assert.deepEqual(new Uint8Array(await readDataUri(`data:a/b;base64,${base64}`, MOST)), bytes);
      }),
    );
  });
});
