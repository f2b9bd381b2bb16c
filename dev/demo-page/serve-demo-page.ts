import { readFile } from 'node:fs/promises';
import type { IncomingMessage, RequestListener } from 'node:http';
import { fileURLToPath } from 'node:url';
import { toPcm } from '../../src/audio/pcm.ts';
import { encodeWav } from '../../src/audio/wav.ts';
import { bundleBrowserFile } from '../../src/http/pages/browser-file.ts';
import { openVoice } from '../simulator/voice.ts';
import type { DemoFacts } from './demo-facts.ts';

const SAMPLE_TEXT = 'Hello! This is a voice message. Can you hear me?';
/** The bundle for a `<script>`, which the package does not export. */
const WEB_CHAT = new URL('webchat.js', import.meta.resolve('botframework-webchat'));

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** The files of the page by path: media type, and the function that makes them. */
function filesOf(facts: DemoFacts): Readonly<Record<string, readonly [string, () => Promise<Uint8Array | string>]>> {
  return {
    '/': ['text/html; charset=utf-8', () => pageWith(facts)],
    '/style.css': ['text/css; charset=utf-8', () => readFile(here('style.css'))],
    '/demo-page.js': ['text/javascript; charset=utf-8', () => bundleBrowserFile(here('browser/demo-page.js'))],
    '/webchat.js': ['text/javascript; charset=utf-8', () => readFile(WEB_CHAT)],
    '/avatar.png': ['image/png', () => readFile(here('../../deploymentTemplates/teams/color.png'))],
    '/voice-message.wav': ['audio/wav', speakSample],
  };
}

/** Serves the page of the demo: Web Chat, and things to try. Each file is made once. */
export function serveDemoPage(facts: DemoFacts): RequestListener {
  const files = filesOf(facts);
  const made = new Map<string, Promise<Uint8Array | string>>();
  return async (request, response) => {
    const path = pathOf(request);
    const [contentType, make] = (Object.hasOwn(files, path) && files[path]) || [];
    if (contentType === undefined || make === undefined) return void response.writeHead(404).end();
    const content = made.get(path) ?? make();
    made.set(path, content);
    try {
      const body = await content;
      response.writeHead(200, { 'content-type': contentType, 'cache-control': 'no-store' }).end(body);
    } catch (error) {
      made.delete(path);
      response.writeHead(500, { 'content-type': 'text/plain' }).end(String(error));
    }
  };
}

function pathOf({ url = '/' }: IncomingMessage): string {
  return url.replace(/\?.*$/, '');
}

async function pageWith(facts: DemoFacts): Promise<string> {
  const html = await readFile(here('index.html'), 'utf8');
  return html.replace('"FACTS"', () => JSON.stringify(facts).replaceAll('<', '\\u003c'));
}

async function speakSample(): Promise<Uint8Array> {
  const voice = await openVoice();
  try {
    return await encodeWav(toPcm([await voice.speak(SAMPLE_TEXT)]));
  } finally {
    await voice.close();
  }
}
