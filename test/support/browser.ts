import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

const USUAL_PLACES = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
];

/**
 * A headless Chromium that is on this machine, with further arguments if any. None is downloaded; without one the test
 * says so and fails.
 */
export async function launchBrowser(args: readonly string[] = []): Promise<Browser> {
  const wanted = process.env['CHROMIUM_PATH'];
  const executablePath = wanted ?? USUAL_PLACES.find((place) => existsSync(place));
  if (executablePath === undefined) {
    throw new Error('No browser found. Install Chromium (Debian: apt-get install chromium) or set CHROMIUM_PATH.');
  }
  return chromium.launch({
    executablePath,
    // In a container everything runs as root, where Chromium's sandbox cannot start.
    chromiumSandbox: process.getuid?.() !== 0,
    args: [
      '--autoplay-policy=no-user-gesture-required',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-gpu',
      '--disable-quic',
      '--disable-sync',
      '--no-first-run',
      ...args,
    ],
  });
}
