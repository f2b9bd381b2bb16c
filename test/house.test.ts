import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';

const src = fileURLToPath(new URL('../src/', import.meta.url));
const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((file) => /\.[tj]s$/.test(file));

/** Rooms that a room may look into; leaf modules at the top level are open to all. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  storage: [],
  telemetry: [],
  workers: [],
  audio: ['storage', 'workers'],
  attachments: ['audio', 'workers'],
  realtime: ['audio', 'telemetry'],
  conversation: ['attachments', 'audio', 'realtime', 'storage', 'telemetry'],
  channel: ['attachments', 'audio', 'conversation', 'telemetry'],
  http: ['attachments', 'audio', 'conversation'],
  simulator: ['audio'],
  wording: ['conversation', 'realtime'],
  doctor: ['audio', 'channel', 'conversation', 'http', 'realtime', 'storage', 'telemetry'],
  cli: ['audio', 'conversation', 'doctor', 'http', 'realtime', 'simulator'],
};
const LEAVES = [
  'at-most.ts',
  'azure-cloud.ts',
  'clock.ts',
  'config.ts',
  'dot-env.ts',
  'env.ts',
  'errors.ts',
  'fields.ts',
  'identity-settings.ts',
  'ids.ts',
  'installation.ts',
  'limit-settings.ts',
  'log.ts',
  'model-settings.ts',
  'node-version.js',
  'prices.ts',
  'proxy-settings.ts',
  'proxy.ts',
  'retry-after.ts',
  'shares.ts',
  'storage-settings.ts',
  'telemetry-settings.ts',
  'token-usage.ts',
  'wording.ts',
  'worker-url.ts',
];

/** Packages that one place alone may know. */
const ONLY_IN: readonly (readonly [RegExp, RegExp])[] = [
  [/^bot(builder|framework)/, /^(bot\.ts|channel\/)/],
  [/^openai/, /^realtime\//],
  [/^@azure\/identity/, /^realtime\//],
  [/^@azure\/monitor-opentelemetry/, /^telemetry\//],
  [/^@opentelemetry\//, /^telemetry\//],
  [/^@azure\/storage-blob/, /^storage\//],
  [/^restify/, /^http\//],
  [/^wav$/, /^audio\//],
  [/^pino/, /^log\.ts$/],
  [/^jimp/, /^attachments\/picture-worker\.ts$/],
  [/^htmlparser2/, /^attachments\//],
];

function importsOf(file: string): string[] {
  const text = readFileSync(join(src, file), 'utf8');
  return [...text.matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].map((found) => found[1] ?? '');
}

/** The path of an imported module of ours below src, with forward slashes. */
function target(file: string, specifier: string): string {
  return relative(src, join(src, dirname(file), specifier))
    .split(sep)
    .join('/');
}

describe('the house', () => {
  for (const file of files.map((path) => path.split(sep).join('/'))) {
    const room = file.includes('/') ? file.slice(0, file.indexOf('/')) : undefined;

    it(`${file} imports only in the direction of the design`, () => {
      for (const specifier of importsOf(file)) {
        if (!specifier.startsWith('.')) {
          for (const [name, places] of ONLY_IN) if (name.test(specifier)) assert.match(file, places, specifier);
          continue;
        }
        const found = target(file, specifier);
        if (room === undefined || LEAVES.includes(found) || found.startsWith('wording/')) continue;
        const foundRoom = found.slice(0, found.indexOf('/'));
        assert.ok(foundRoom === room || MAY_IMPORT[room]?.includes(foundRoom), `${file} imports ${found}`);
      }
    });

    it(`${file} is at most 280 lines long`, () => {
      const lines = readFileSync(join(src, file), 'utf8').split('\n').length - 1;
      assert.ok(lines <= 280, `${lines} lines`);
    });
  }

  it('ends the process in its entries alone, and reads the environment nowhere else', () => {
    const entries = /^(index\.ts|doctor\.ts|node-version\.js|cli\/)/;
    for (const file of files) {
      const text = readFileSync(join(src, file), 'utf8');
      if (/process\.(exit\(|env)/.test(text)) assert.match(file.split(sep).join('/'), entries);
    }
  });
});
