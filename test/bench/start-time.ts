import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { unpackBot } from '../package/unpacked.ts';
import { modelEnv } from '../support/kit/fake-servers.ts';
import { BUILT_BOT, listeningPort } from './bot-under-bench.ts';
import { spawnNode, stop } from './children.ts';
import { mcpConfig } from './mcp-config.ts';
import { epochMs } from './measure.ts';

/** From the start of the process, in milliseconds. */
export interface StartTime {
  /** To the line of the log that says "listening". */
  readonly listeningMs: number;
  /** To the answer of `GET /health`. */
  readonly healthyMs: number;
}

/** Nothing is asked of the model here. */
const UNUSED_URL = 'http://127.0.0.1:1';

/** What is started. */
export interface Starts {
  /** The files that tsc made, with node_modules. */
  readonly built: readonly StartTime[];
  /** The unpacked ZIP that is deployed. */
  readonly bundled: readonly StartTime[];
  /** As `built`, with two MCP servers over stdio. */
  readonly withServers: readonly StartTime[];
}

/** Starts each several times, by turns. The first only warms the file system's cache, and is left out. */
export async function measureStarts(count: number): Promise<Starts> {
  const unpacked = await unpackBot();
  const config = mcpConfig(2);
  try {
    const bundle = { file: 'dist/index.js', cwd: unpacked.folder };
    const [built, bundled, withServers]: [StartTime[], StartTime[], StartTime[]] = [[], [], []];
    for (let start = 0; start <= count; start++) {
      built.push(await measureStart(BUILT_BOT, {}));
      bundled.push(await measureStart(bundle, {}));
      withServers.push(await measureStart(BUILT_BOT, config.env));
    }
    return { built: built.slice(1), bundled: bundled.slice(1), withServers: withServers.slice(1) };
  } finally {
    config.remove();
    unpacked.remove();
  }
}

/** Plain `node dist/index.js`, without a compile cache. */
async function measureStart(
  { file, cwd }: typeof BUILT_BOT,
  env: Readonly<Record<string, string>>,
): Promise<StartTime> {
  const startedAtMs = epochMs();
  const child = spawnNode({
    args: [file],
    cwd,
    env: { ...modelEnv(UNUSED_URL, 'bench'), ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const { stdout } = child;
  if (stdout === null) throw new Error('the bot has no output');
  const closed = once(child, 'close');
  try {
    for await (const line of createInterface({ input: stdout })) {
      const port = listeningPort(line);
      if (port === undefined) continue;
      const listeningMs = epochMs() - startedAtMs;
      const { status } = await fetch(`http://127.0.0.1:${port}/health`);
      if (status !== 200) throw new Error(`the bot says of itself: ${status}`);
      return { listeningMs, healthyMs: epochMs() - startedAtMs };
    }
    throw new Error('the bot ended before it listened');
  } finally {
    // The loop above may have left the stream in the middle: unread, it would never close.
    stdout.resume();
    // Not by force at once: the MCP servers have to end, too.
    await stop(child);
    await closed;
  }
}
