import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

const USUAL_PATHS = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
];

/**
 * Launches the installed Chromium, headless. Throws an error with advice if there is none: no browser is downloaded.
 */
export async function launchBrowser(args: readonly string[] = []): Promise<Browser> {
  const configured = process.env['CHROMIUM_PATH'];
  const executablePath = configured ?? USUAL_PATHS.find((path) => existsSync(path));
  if (executablePath === undefined) {
    throw new Error('No browser found. Install Chromium (Debian: apt-get install chromium) or set CHROMIUM_PATH.');
  }
  return chromium.launch({
    executablePath,
    // Chromium's sandbox cannot start as root, as in a container.
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
