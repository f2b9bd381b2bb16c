import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { toLink } from '../../src/audio/signed-links.ts';
import { type AudioDeliveryPlan, planAudioDelivery } from '../../src/channel/audio-delivery.ts';
import { capabilitiesOf } from '../../src/channel/capabilities.ts';
import { storedAudio } from '../support/stored-audio.ts';

const HTTPS = 'https://bot.example.com/base';
const LOCAL = 'http://localhost:3978';
const LAN = 'http://192.168.1.5:3978';
const REMOTE_SERVICE = 'https://smba.example.com/';
const LOCAL_SERVICE = 'http://127.0.0.1:5000';
const MEGABYTE = 2 ** 20;
const STORED = storedAudio();

interface Case {
  channel: string;
  bytes?: number;
  base?: string | undefined;
  service?: string | undefined;
  textLength?: number;
  isKept?: boolean;
}

function placeOf(given: Case): AudioDeliveryPlan {
  const { channel, bytes = 1_000, base, service = REMOTE_SERVICE, textLength = 0 } = given;
  const stored = 'isKept' in given && !given.isKept ? undefined : STORED;
  return planAudioDelivery({
    audio: { stored, wav: Buffer.alloc(bytes), durationMs: 1_000 },
    textLength,
    capabilities: capabilitiesOf(channel, 'personal'),
    publicBaseUrl: base,
    serviceUrl: service,
  });
}

const ALL = ['emulator', 'directline', 'webchat', 'msteams', 'slack', 'telegram', 'email', 'a-channel-of-tomorrow'];
const WEB = ['directline', 'webchat'];
const LINKS = ['slack', 'telegram', 'facebook', 'line', 'email', 'sms', 'unknown'];

describe('where the audio of a reply is', () => {
  for (const channel of ALL) {
    it(`is at an https address for ${channel}`, () => {
      const place = { kind: 'hosted', pageUrl: `${HTTPS}/audio/${toLink(STORED, STORED.expiresAtMs)}` };
      assert.deepEqual(placeOf({ channel, base: HTTPS }), place);
      assert.deepEqual(placeOf({ channel, base: HTTPS, service: LOCAL_SERVICE }), place);
      assert.deepEqual(placeOf({ channel, base: HTTPS, bytes: 20 * MEGABYTE }), place);
    });

    it(`is at an http address on this machine for ${channel} when its client is here, too`, () => {
      for (const service of [LOCAL_SERVICE, 'http://localhost:1', 'http://[::1]:5000']) {
        assert.deepEqual(placeOf({ channel, base: LOCAL, service }).kind, 'hosted');
      }
    });

    it(`never is at an http address that a user of ${channel} elsewhere cannot reach`, () => {
      for (const [base, service] of [
        [LOCAL, REMOTE_SERVICE],
        [LOCAL, 'https://localhost.example.com'],
        [LOCAL, 'nonsense'],
        [LAN, REMOTE_SERVICE],
        [LAN, LOCAL_SERVICE],
      ] as const) {
        assert.notEqual(placeOf({ channel, base, service }).kind, 'hosted', `${base} for ${service}`);
      }
    });

    it(`never is at an address for ${channel} when the library did not keep it`, () => {
      assert.notEqual(placeOf({ channel, base: HTTPS, isKept: false }).kind, 'hosted');
    });
  }

  it('is inside the activity for the Emulator without an address, however large', () => {
    assert.deepEqual(placeOf({ channel: 'emulator', bytes: 50 * MEGABYTE }), { kind: 'inline' });
  });

  for (const channel of WEB) {
    it(`is inside the activity for ${channel} as long as all of it is below 150 kB`, () => {
      assert.deepEqual(placeOf({ channel, bytes: 100_000 }), { kind: 'inline' });
      assert.deepEqual(placeOf({ channel, bytes: 100_000, textLength: 20_000 }), { kind: 'upload' });
      assert.deepEqual(placeOf({ channel, bytes: 112_500 }), { kind: 'upload' });
    });

    it(`is uploaded for ${channel} as long as the whole request has at most 256 KiB, else nowhere`, () => {
      assert.deepEqual(placeOf({ channel, bytes: 195_840 }), { kind: 'upload' });
      assert.deepEqual(placeOf({ channel, bytes: 195_841 }), { kind: 'none' });
    });
  }

  for (const channel of [...LINKS, 'msteams', 'directlinespeech']) {
    it(`is nowhere for ${channel} without an address, however small`, () => {
      assert.deepEqual(placeOf({ channel, bytes: 44 }), { kind: 'none' });
      assert.deepEqual(placeOf({ channel, bytes: 44, base: LOCAL }), { kind: 'none' });
    });
  }
});

describe('capabilitiesOf', () => {
  const delivery: Record<string, string[]> = {
    attachment: ['emulator', 'directline', 'webchat'],
    speak: ['directlinespeech'],
    link: LINKS,
    playerCard: ['msteams'],
  };
  for (const [audio, channels] of Object.entries(delivery)) {
    for (const channel of channels)
      it(`gives ${channel} its audio as ${audio}`, () =>
        assert.equal(capabilitiesOf(channel, 'personal').audio, audio));
  }

  it('shows typing everywhere but where words are only spoken', () => {
    for (const channel of ALL) assert.equal(capabilitiesOf(channel, 'personal').showsTyping, true, channel);
    assert.equal(capabilitiesOf('directlinespeech', 'personal').showsTyping, false);
  });

  it('treats a channel named like a property of objects as an unknown one', () => {
    for (const channel of ['constructor', 'toString', '__proto__', 'hasOwnProperty', 'valueOf', '']) {
      assert.deepEqual(capabilitiesOf(channel, 'personal'), capabilitiesOf('unknown', 'personal'), channel);
    }
  });

  it('knows channels by their exact name', () => {
    assert.equal(capabilitiesOf('Emulator', 'personal').audio, 'link');
  });
});
