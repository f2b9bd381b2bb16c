import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import type { Env } from '../../src/config/env.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
/** The folder for screenshots. */
const screenshots = process.env['E2E_SCREENSHOTS'];

export interface Demo {
  readonly chatPage: string;
  /** Ends the demo like Ctrl-C. */
  close(): Promise<void>;
}

/** Starts `npm run demo`. Resolves when it prints the address of the chat page. */
export async function startDemo(options: readonly string[] = [], env: Env = {}): Promise<Demo> {
  const args = ['--import', './src/node-version.js', 'dev/demo.ts', ...options];
  const child = spawn(process.execPath, args, { cwd: root, env: { ...process.env, REALTIME_VOICE: 'alloy', ...env } });
  const lines: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    lines.push(line);
    const chatPage = /Chat page:\s+(\S+)/.exec(line)?.[1];
    if (chatPage === undefined) continue;
    return {
      chatPage,
      async close() {
        child.kill('SIGINT');
        const [code] = await once(child, 'close');
        assert.equal(code, 0);
      },
    };
  }
  throw new Error(`the demo ended:\n${lines.join('\n')}`);
}

/** Takes a screenshot of the page if `E2E_SCREENSHOTS` is set. */
export async function look(page: Page, name: string): Promise<void> {
  if (screenshots === undefined) return;
  mkdirSync(screenshots, { recursive: true });
  await page.screenshot({ path: `${screenshots}/${name}.png` });
}
