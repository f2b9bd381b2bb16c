import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { createMemoryAudioStore } from '../../src/audio/memory-audio-store.ts';
import { isGenuine, type LinkSecret, readLink, toLink } from '../../src/audio/signed-links.ts';
import { AudioReader } from '../../src/http/audio-reader.ts';
import { randomIds } from '../../src/ids.ts';
import { hostileText } from '../fuzz/hostile.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { storedAudio } from '../support/stored-audio.ts';
import { save } from './audio-store-contract.ts';

const SEED = 20_261_103;
const EXPIRES_AT_MS = 1_800_000_000_000;
const audio = storedAudio();

/** Whether this link opens this audio at this time. */
function opens(link: string, to: LinkSecret = audio, nowMs = 0): boolean {
  const read = readLink(link);
  return read !== undefined && read.id === to.id && isGenuine(read, to, nowMs);
}

const partsOf = (link: string) => link.split('.') as [id: string, expires: string, signature: string];

/** All texts that differ from this one in one place. */
function changesOf(part: string): string[] {
  return [...part].map((char, at) => `${part.slice(0, at)}${char === 'z' ? 'y' : 'z'}${part.slice(at + 1)}`);
}

describe('a link to audio', () => {
  const link = toLink(audio, EXPIRES_AT_MS);

  it('has the documented format, and its expiry', () => {
    const [id, expires, signature] = partsOf(link);
    assert.equal(id, audio.id);
    assert.equal(Number.parseInt(expires, 36) * 1000, EXPIRES_AT_MS);
    assert.equal(Buffer.from(signature, 'base64url').byteLength, 16);
    assert.deepEqual(readLink(link), { id, expiresAtMs: EXPIRES_AT_MS, signature });
    assert.equal(encodeURIComponent(link), link, 'it stands in an address as it is');
  });

  it('is valid until its expiry, exclusively', () => {
    for (const nowMs of [0, EXPIRES_AT_MS - 1]) assert.ok(opens(link, audio, nowMs), String(nowMs));
    for (const nowMs of [EXPIRES_AT_MS, EXPIRES_AT_MS + 1, Number.MAX_SAFE_INTEGER]) {
      assert.ok(!opens(link, audio, nowMs), String(nowMs));
    }
  });

  it('is valid for the requested time, and for less than a second more', () => {
    const property = fc.property(fc.integer({ min: 1, max: 4_000_000_000_000 }), (untilMs) => {
      const made = toLink(audio, untilMs);
      assert.ok(opens(made, audio, untilMs - 1));
      assert.ok(!opens(made, audio, untilMs + 1_000));
    });
    fc.assert(property, { seed: SEED, numRuns: 500 });
  });

  it('is the same whenever it is made', () => {
    assert.equal(toLink(audio, EXPIRES_AT_MS), link);
    assert.equal(toLink({ ...audio }, EXPIRES_AT_MS - 999), link, 'within the same second');
  });

  it('contains nothing of the key', () => {
    assert.ok(!link.includes(audio.linkKey));
    assert.ok(!Buffer.from(partsOf(link)[2], 'base64url').includes(audio.linkKey.slice(0, 4)));
  });

  it('is signed by the key of its own audio', () => {
    const other = { ...audio, linkKey: 'another-key-of-22-char' };
    assert.notEqual(partsOf(toLink(other, EXPIRES_AT_MS))[2], partsOf(link)[2]);
    assert.ok(!opens(toLink(other, EXPIRES_AT_MS)));
    assert.ok(!opens(link, other));
  });

  it('does not open other audio, even with the same key', () => {
    const other = { ...audio, id: 'ABCDEFGHIJKLMNOPQRSTUV' };
    const [, expires, signature] = partsOf(link);
    assert.ok(!opens(`${other.id}.${expires}.${signature}`, other));
    assert.ok(!opens(link, other));
    const [, , othersSignature] = partsOf(toLink(other, EXPIRES_AT_MS));
    assert.ok(!opens(`${audio.id}.${expires}.${othersSignature}`));
  });

  it('cannot be extended or changed in any other place', () => {
    const [id, expires, signature] = partsOf(link);
    const later = (Number.parseInt(expires, 36) + 1).toString(36);
    const changed = [
      `${id}.${later}.${signature}`,
      `${id}.zzzzzzzzz.${signature}`,
      ...changesOf(id).map((other) => `${other}.${expires}.${signature}`),
      ...changesOf(expires).map((other) => `${id}.${other}.${signature}`),
      ...changesOf(signature).map((other) => `${id}.${expires}.${other}`),
    ];
    for (const other of changed.filter((each) => each !== link)) {
      const read = readLink(other);
      // The link is verified with the audio that is looked up, whatever its id.
      assert.ok(read === undefined || !isGenuine({ ...read, id }, { ...audio, id: read.id }, 0), other);
      assert.ok(!opens(other), other);
    }
  });
});

describe('an invalid link', () => {
  const [id, expires, signature] = partsOf(toLink(audio, EXPIRES_AT_MS));
  const link = `${id}.${expires}.${signature}`;
  const wrong: Readonly<Record<string, string>> = {
    'is empty': '',
    'is an id alone': id,
    'has no signature': `${id}.${expires}`,
    'has an empty signature': `${id}.${expires}.`,
    'has no end': `${id}..${signature}`,
    'has no id': `.${expires}.${signature}`,
    'is dots': '..',
    'has a dot before it': `.${link}`,
    'has a dot after it': `${link}.`,
    'has a fourth part': `${link}.wav`,
    'has two dots': link.replace('.', '..'),
    'is in upper case': link.toUpperCase(),
    'has its end in upper case': `${id}.${expires.toUpperCase()}.${signature}`,
    'has a line end': `${link}\n`,
    'has a line end before it': `\n${link}`,
    'has a zero byte': `${link}\0`,
    'has white space around it': ` ${link} `,
    'has a short id': link.slice(1),
    'has a long id': `a${link}`,
    'has an id between both lengths': `${'a'.repeat(10)}${link}`,
    'has an id that is longer than any': `${'a'.repeat(12)}${link}`,
    'has a short signature': link.slice(0, -1),
    'has a long signature': `${link}A`,
    'has a padded signature': `${link}==`,
    'has a signature of other base 64': `${id}.${expires}.+/${signature.slice(2)}`,
    'has an end below zero': `${id}.-1.${signature}`,
    'has an invalid expiry': `${id}.1e9+.${signature}`,
    'has an end beyond all time': `${id}.${'z'.repeat(10)}.${signature}`,
    'has letters of another script': `${'ａ'.repeat(22)}.${expires}.${signature}`,
    'has digits of another script': `${id}.٤٢٤٢٤٢.${signature}`,
    'has signs of two units': `${id}.${expires}.${'😀'.repeat(11)}`,
    'is 1 MB of letters': 'a'.repeat(2 ** 20),
    'is 1 MB of dots': '.'.repeat(2 ** 20),
    'has 1 MB of signature': `${link}${'A'.repeat(2 ** 20)}`,
    'has 1 MB of id': `${'A'.repeat(2 ** 20)}${link}`,
  };
  for (const [name, text] of Object.entries(wrong)) {
    it(`is rejected if it ${name}`, () => assert.equal(readLink(text), undefined));
  }

  it('is rejected for any text', () => {
    const text = fc.oneof(
      hostileText,
      fc.tuple(hostileText, fc.constantFrom('.', '..', '')).map(([odd, dot]) => `${id}${dot}${odd}${dot}${signature}`),
    );
    fc.assert(
      fc.property(text, (each) => assert.ok(!opens(each))),
      { seed: SEED, numRuns: 500 },
    );
  });

  it('opens nothing even if each part has a valid form', () => {
    const name = fc.stringMatching(/^[\w-]{22}$/);
    const longer = fc.stringMatching(/^[\w-]{33}$/);
    const property = fc.property(fc.oneof(name, longer), fc.stringMatching(/^[0-9a-z]{1,9}$/), name, (a, b, c) => {
      const read = readLink(`${a}.${b}.${c}`);
      assert.ok(read);
      assert.ok(!isGenuine(read, { ...audio, id: a }, 0));
    });
    fc.assert(property, { seed: SEED, numRuns: 500 });
  });
});

describe('the lookup of a link', () => {
  async function saved() {
    const clock = new ManualClock(EXPIRES_AT_MS);
    const store = createMemoryAudioStore({ maxBytes: 10_000, retentionMs: 60_500, clock, ids: randomIds });
    const kept = [await save(store), await save(store)] as const;
    const [one, other] = kept;
    return { clock, store, one, other };
  }

  it('finds its own audio, with its expiry', async () => {
    const { clock, store, one, other } = await saved();
    const find = (link: string) => new AudioReader(store, clock).find(link);
    for (const each of [one, other]) {
      assert.equal((await find(toLink(each, EXPIRES_AT_MS + 10_000)))?.audio, each);
    }
    await clock.advance(9_000);
    assert.equal((await find(toLink(one, EXPIRES_AT_MS + 10_000)))?.leftMs, 1_000);
  });

  it('finds nothing after its expiry, although the audio is still stored', async () => {
    const { clock, store, one } = await saved();
    const link = toLink(one, EXPIRES_AT_MS + 10_000);
    await clock.advance(10_000);
    assert.equal(await new AudioReader(store, clock).find(link), undefined);
    assert.equal(await store.find(one.id), one);
  });

  it('finds nothing once its audio is gone', async () => {
    const { clock, store, one } = await saved();
    const link = toLink(one, one.expiresAtMs + 3_600_000);
    assert.equal((await new AudioReader(store, clock).find(link))?.leftMs, 60_500);
    await clock.advance(60_500);
    assert.equal(await new AudioReader(store, clock).find(link), undefined);
  });

  it('finds nothing with the signature of other audio, or for an unknown id', async () => {
    const { clock, store, one, other } = await saved();
    const find = (link: string) => new AudioReader(store, clock).find(link);
    const [oneId, expires] = partsOf(toLink(one, EXPIRES_AT_MS + 10_000));
    const [, , othersSignature] = partsOf(toLink(other, EXPIRES_AT_MS + 10_000));
    assert.equal(await find(`${oneId}.${expires}.${othersSignature}`), undefined);
    assert.equal(await find(toLink({ ...one, id: 'A'.repeat(22) }, EXPIRES_AT_MS + 10_000)), undefined);
    assert.equal(await find(one.id), undefined);
  });
});
