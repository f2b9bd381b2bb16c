import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';

/** The used part of the browser's own type, which Node's types lack. */
interface AudioElement {
  readonly currentTime: number;
  readonly duration: number;
  play(): Promise<void>;
  addEventListener(name: 'ended' | 'timeupdate', listener: (event: unknown) => void, options: { once: true }): void;
}

/** Plays the last answer of the chat to its end, and checks that it is loud enough. Resolves with its seconds. */
export async function heard(page: Page): Promise<number> {
  const audio = page.locator('audio').last();
  await audio.waitFor({ state: 'attached' });
  const source = (await audio.getAttribute('src')) ?? (await audio.locator('source').getAttribute('src'));
  assert.match(source ?? '', /^http:\/\/localhost:\d+\/audio\/[\w-]{22}\.\w+\.[\w-]{22}\.wav$/);
  const wav = new Uint8Array(await (await fetch(source ?? '')).arrayBuffer());
  const wavSeconds = (wav.byteLength - 44) / 48_000;
  assert.ok(loudness(wav) > 0.01, `the answer is audible: ${loudness(wav)}`);

  const played = await audio.evaluate(async (found) => {
    const element = found as unknown as AudioElement;
    const ended = new Promise((resolve) => element.addEventListener('ended', resolve, { once: true }));
    await element.play();
    await new Promise((resolve) => element.addEventListener('timeupdate', resolve, { once: true }));
    const midSeconds = element.currentTime;
    await ended;
    return { midSeconds, endSeconds: element.currentTime, durationSeconds: element.duration };
  });
  assert.ok(played.endSeconds > played.midSeconds || played.midSeconds > 0, 'the time moves');
  assert.ok(Math.abs(played.durationSeconds - wavSeconds) < 0.01, `${played.durationSeconds} s, not ${wavSeconds} s`);
  assert.ok(Math.abs(played.endSeconds - wavSeconds) < 0.1);
  return wavSeconds;
}

/** Root mean square of the samples, 0 to 1. */
function loudness(wav: Uint8Array): number {
  const samples = new DataView(wav.buffer, wav.byteOffset + 44);
  let sum = 0;
  for (let at = 0; at + 1 < samples.byteLength; at += 2) sum += (samples.getInt16(at, true) / 32_768) ** 2;
  return Math.sqrt(sum / (samples.byteLength / 2));
}
