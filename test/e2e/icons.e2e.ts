import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import type { Browser } from 'playwright-core';
import { readPng } from '../../dev/teams-app/png.ts';
import { launchBrowser } from '../support/browser.ts';

const folder = new URL('../../deploymentTemplates/teams/', import.meta.url);
/** Where a new picture goes when a drawing was changed; from there it is copied. */
const pictures = process.env['E2E_SCREENSHOTS'];
/** Browsers differ in how they smooth edges. */
const LIKE = 64;
const MAX_UNLIKE = 0.002;

/** As the drawing comes out in this browser, at its own size. */
async function drawn(browser: Browser, name: string): Promise<Buffer> {
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

/** The share of pixels that are not alike. */
function difference(one: Buffer, other: Buffer): number {
  const [a, b] = [readPng(one), readPng(other)];
  assert.deepEqual([a.width, a.height, a.channels], [b.width, b.height, b.channels]);
  const unlike = new Set<number>();
  for (const [at, byte] of a.pixels.entries()) {
    if (Math.abs(byte - (b.pixels[at] ?? 0)) > LIKE) unlike.add(Math.floor(at / a.channels));
  }
  return unlike.size / (a.width * a.height);
}

describe('the icons of the app in Teams', () => {
  let browser: Browser;

  before(async () => {
    browser = await launchBrowser();
  });

  after(() => browser?.close());

  for (const name of ['color', 'outline']) {
    it(`are drawn from ${name}.svg`, async () => {
      const picture = await drawn(browser, name);
      if (pictures !== undefined) {
        mkdirSync(pictures, { recursive: true });
        writeFileSync(`${pictures}/${name}.png`, picture);
      }
      const share = difference(readFileSync(new URL(`${name}.png`, folder)), picture);
      assert.ok(
        share <= MAX_UNLIKE,
        `${share} of ${name}.png is not as ${name}.svg draws it; E2E_SCREENSHOTS=<folder> keeps the new one`,
      );
    });
  }
});
