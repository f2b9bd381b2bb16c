import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { toLink } from '../../src/audio/signed-links.ts';
import { audioUrl, playerUrl } from '../../src/channel/audio-delivery.ts';
import { capabilitiesOf } from '../../src/channel/capabilities.ts';
import { storedAudio } from '../support/stored-audio.ts';

const HTTPS = 'https://bot.example.com/base';
const LOCAL = 'http://localhost:3978';
const LAN = 'http://192.168.1.5:3978';
const REMOTE_SERVICE = 'https://smba.example.com/';
const LOCAL_SERVICE = 'http://127.0.0.1:5000';
const MEGABYTE = 2 ** 20;
const STORED = storedAudio();
const UPLOADED = 'https://channel.example.com/v3/attachments/1/views/original';

interface Case {
  channel: string;
  bytes?: number;
  base?: string | undefined;
  service?: string | undefined;
  textLength?: number;
  isStored?: boolean;
}

/** How the audio is delivered: a page of the bot, `inline`, `upload` or `none`. */
async function placeOf(given: Case): Promise<string> {
  const { channel, bytes = 1_000, base, service = REMOTE_SERVICE, textLength = 0, isStored = true } = given;
  const pageUrl = isStored ? playerUrl(STORED, STORED.expiresAtMs, base, service) : undefined;
  const capabilities = capabilitiesOf(channel, 'personal');
  const url = await audioUrl(Buffer.alloc(bytes), textLength, pageUrl, {
    capabilities,
    upload: async () => UPLOADED,
  });
  if (url === undefined) return 'none';
  if (url.startsWith('data:audio/wav;base64,')) return 'inline';
  if (url === UPLOADED) return 'upload';
  assert.equal(url, `${pageUrl}.wav`);
  return String(pageUrl);
}

const ALL = ['emulator', 'directline', 'webchat', 'msteams', 'slack', 'telegram', 'email', 'a-channel-of-tomorrow'];
const WEB = ['directline', 'webchat'];
const LINKS = ['slack', 'telegram', 'facebook', 'line', 'email', 'sms', 'unknown'];

describe('the audio of a reply', () => {
  for (const channel of ALL) {
    it(`has an https address for ${channel}`, async () => {
      const place = `${HTTPS}/audio/${toLink(STORED, STORED.expiresAtMs)}`;
      assert.equal(await placeOf({ channel, base: HTTPS }), place);
      assert.equal(await placeOf({ channel, base: HTTPS, service: LOCAL_SERVICE }), place);
      assert.equal(await placeOf({ channel, base: HTTPS, bytes: 20 * MEGABYTE }), place);
    });

    it(`has an http address on this machine for ${channel} if the client runs here, too`, async () => {
      for (const service of [LOCAL_SERVICE, 'http://localhost:1', 'http://[::1]:5000']) {
        assert.ok((await placeOf({ channel, base: LOCAL, service })).startsWith(`${LOCAL}/audio/`));
      }
    });

    it(`never has an http address that remote users of ${channel} cannot reach`, async () => {
      for (const [base, service] of [
        [LOCAL, REMOTE_SERVICE],
        [LOCAL, 'https://localhost.example.com'],
        [LOCAL, 'nonsense'],
        [LAN, REMOTE_SERVICE],
        [LAN, LOCAL_SERVICE],
      ] as const) {
        assert.doesNotMatch(await placeOf({ channel, base, service }), /^http/, `${base} for ${service}`);
      }
    });

    it(`never has an address for ${channel} if it was not stored`, async () => {
      assert.doesNotMatch(await placeOf({ channel, base: HTTPS, isStored: false }), /^http/);
    });
  }

  it('is inline for the Emulator if it has no address, regardless of its size', async () => {
    assert.equal(await placeOf({ channel: 'emulator', bytes: 50 * MEGABYTE }), 'inline');
  });

  for (const channel of WEB) {
    it(`is inline for ${channel} as long as the activity is below 150 kB`, async () => {
      assert.equal(await placeOf({ channel, bytes: 100_000 }), 'inline');
      assert.equal(await placeOf({ channel, bytes: 100_000, textLength: 20_000 }), 'upload');
      assert.equal(await placeOf({ channel, bytes: 112_500 }), 'upload');
    });

    it(`is uploaded for ${channel} if the whole request has at most 256 KiB, else left out`, async () => {
      assert.equal(await placeOf({ channel, bytes: 195_840 }), 'upload');
      assert.equal(await placeOf({ channel, bytes: 195_841 }), 'none');
    });
  }

  for (const channel of [...LINKS, 'msteams', 'directlinespeech']) {
    it(`is left out for ${channel} if it has no address, regardless of its size`, async () => {
      assert.equal(await placeOf({ channel, bytes: 44 }), 'none');
      assert.equal(await placeOf({ channel, bytes: 44, base: LOCAL }), 'none');
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
      it(`delivers audio to ${channel} as ${audio}`, () =>
        assert.equal(capabilitiesOf(channel, 'personal').audio, audio));
  }

  it('shows typing on every channel except where replies are only spoken', () => {
    for (const channel of ALL) assert.equal(capabilitiesOf(channel, 'personal').showsTyping, true, channel);
    assert.equal(capabilitiesOf('directlinespeech', 'personal').showsTyping, false);
  });

  it('treats a channel named like a property of objects as unknown', () => {
    for (const channel of ['constructor', 'toString', '__proto__', 'hasOwnProperty', 'valueOf', '']) {
      assert.deepEqual(capabilitiesOf(channel, 'personal'), capabilitiesOf('unknown', 'personal'), channel);
    }
  });

  it('compares channel names exactly', () => {
    assert.equal(capabilitiesOf('Emulator', 'personal').audio, 'link');
  });
});
