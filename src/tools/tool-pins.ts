import { LRUCache } from 'lru-cache';
import type { Logger } from '../log.ts';
import { lruOptions } from '../lru-options.ts';
import { type Tool, toolDigest } from './tool.ts';

const MAX_PINS = 2_000;
const MAX_REPORTED = 2_000;

/** Remembers each tool as it was first listed in this process. */
export class ToolPins {
  readonly #log: Logger;
  /** The first version of each tool, by server and name. None is evicted: a server could list names until one is. */
  readonly #first = new Map<string, string>();
  readonly #reported = new LRUCache<string, true>(lruOptions(MAX_REPORTED));
  readonly #versions = new WeakMap<Tool, string>();

  constructor(log: Logger) {
    this.#log = log;
  }

  /**
   * Returns the version of the tool: server, name and `toolDigest`. The first version of a server and name is pinned;
   * any other one is logged once.
   */
  versionOf(tool: Tool): string {
    const known = this.#versions.get(tool);
    if (known !== undefined) return known;
    const key = keyOf(tool);
    const version = `${key} ${toolDigest(tool)}`;
    this.#versions.set(tool, version);
    if (this.#first.size < MAX_PINS && !this.#first.has(key)) this.#first.set(key, version);
    if (this.#first.get(key) !== version && !this.#reported.has(version)) {
      this.#reported.set(version, true);
      const fields = { tool: tool.name, effect: 'its calls ask until the bot restarts' };
      this.#log.warn(fields, this.#first.has(key) ? 'tool has changed' : 'tool not remembered: too many tools');
    }
    return version;
  }

  /** Whether the tool is as it was first listed. Nobody has allowed a later version to run without asking. */
  isPinned(tool: Tool): boolean {
    const version = this.versionOf(tool);
    return this.#first.get(keyOf(tool)) === version;
  }
}

function keyOf({ origin, name }: Tool): string {
  return JSON.stringify([origin, name]);
}
