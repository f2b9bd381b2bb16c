import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';

/** The bundle that web sites embed with a `<script>`. */
const BUNDLE = fileURLToPath(new URL('../../node_modules/botframework-webchat/dist/webchat.js', import.meta.url));

/** Embeds Web Chat as in Microsoft's documentation. A reload returns to the conversation. */
const PAGE = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <title>Web Chat</title>
    <link rel="icon" href="data:,">
    <style>html, body, #webchat { height: 100%; margin: 0 }</style>
  </head>
  <body>
    <div id="webchat" role="main"></div>
    <script src="/webchat.js"></script>
    <script>
      const directLine = WebChat.createDirectLine({
        secret: 'local',
        domain: location.origin + '/v3/directline',
        conversationId: sessionStorage.conversationId,
      });
      directLine.activity$.subscribe(() => { sessionStorage.conversationId = directLine.conversationId; });
      WebChat.renderWebChat({ directLine, userID: 'user-1' }, document.getElementById('webchat'));
    </script>
  </body>
</html>`;

/** Stands for an audio player in the texts of bubbles. */
export const PLAYER = '(player)';

/** Serves a page with Web Chat that uses the Direct Line service of the same origin. */
export const serveWebChat: RequestListener = (request, response) => {
  const isBundle = request.url === '/webchat.js';
  response.setHeader('content-type', isBundle ? 'text/javascript' : 'text/html');
  response.end(isBundle ? readFileSync(BUNDLE) : PAGE);
};

/** Sends a message as a user does. */
export async function send(page: Page, text: string): Promise<void> {
  const box = page.getByLabel('Message input box');
  await box.fill(text);
  await box.press('Enter');
}

/** Resolves once these are all bubbles, from top to bottom. */
export async function reads(page: Page, expected: readonly string[]): Promise<void> {
  const shown = `Array.from(document.querySelectorAll('.webchat__bubble__content'), (bubble) =>
    bubble.querySelector('audio') ? '${PLAYER}' : bubble.innerText.trim())`;
  const isRead = `JSON.stringify(${shown}) === ${JSON.stringify(JSON.stringify(expected))}`;
  await page.waitForFunction(isRead, undefined, { timeout: 5_000 }).catch(() => {});
  assert.deepEqual(await page.evaluate(shown), expected);
}
