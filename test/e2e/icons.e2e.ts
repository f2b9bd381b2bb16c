import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { Jimp } from 'jimp';
import type { Browser } from 'playwright-core';
import { launchBrowser } from '../support/browser.ts';

const folder = new URL('../../deploymentTemplates/teams/', import.meta.url);
/** The folder for the new PNG after a change of a drawing. */
const pictures = process.env['E2E_SCREENSHOTS'];
/** Browsers differ in how they smooth edges. */
const MAX_CHANNEL_DIFFERENCE = 64;
const MAX_DIFFERENT_SHARE = 0.002;

/** Renders a drawing at its own size. */
async function render(browser: Browser, name: string): Promise<Buffer> {
  const svg = readFileSync(new URL(`${name}.svg`, folder), 'utf8');
  const side = Number(/ width="(\d+)"/.exec(svg)?.[1]);
  const page = await browser.newPage({ viewport: { width: side, height: side } });
  try {
    await page.setContent(`<style>* { margin: 0 } svg { display: block }</style>${svg}`);
    return await page.screenshot({ omitBackground: true });
  } finally {
    await page.close();
  }
}

/** The share of pixels that differ. */
async function difference(one: Buffer, other: Buffer): Promise<number> {
  const [a, b] = [(await Jimp.fromBuffer(one)).bitmap, (await Jimp.fromBuffer(other)).bitmap];
  assert.deepEqual([a.width, a.height], [b.width, b.height]);
  const different = new Set<number>();
  for (const [at, byte] of a.data.entries()) {
    if (Math.abs(byte - (b.data[at] ?? 0)) > MAX_CHANNEL_DIFFERENCE) different.add(Math.floor(at / 4));
  }
  return different.size / (a.width * a.height);
}

describe('the icons of the Teams app', () => {
  let browser: Browser;

  before(async () => {
    browser = await launchBrowser();
  });

  after(() => browser?.close());

  for (const name of ['color', 'outline']) {
    it(`are rendered from ${name}.svg`, async () => {
      const picture = await render(browser, name);
      if (pictures !== undefined) {
        mkdirSync(pictures, { recursive: true });
        writeFileSync(`${pictures}/${name}.png`, picture);
      }
      const share = await difference(readFileSync(new URL(`${name}.png`, folder)), picture);
      assert.ok(
        share <= MAX_DIFFERENT_SHARE,
        `${share} of ${name}.png differs from ${name}.svg; E2E_SCREENSHOTS=<folder> keeps the new one`,
      );
    });
  }
});
