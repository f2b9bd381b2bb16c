import { LRUCache } from 'lru-cache';
import type { Logger } from '../log.ts';
import { lruOptions } from '../lru-options.ts';
import { type Tool, toolDigest } from './tool.ts';

const MAX_PINS = 2_000;
const MAX_REPORTED = 2_000;

/** Remembers each tool as it was first listed in this process. */
export class ToolPins {
  readonly #log: Logger;
  /** The first digest of each tool, by server and name. None is evicted: a server could list names until one is. */
  readonly #first = new Map<string, string>();
  readonly #reported = new LRUCache<string, true>(lruOptions(MAX_REPORTED));
  readonly #digests = new WeakMap<Tool, string>();

  constructor(log: Logger) {
    this.#log = log;
  }

  /** Identifies a version of a tool of a server. */
  digestOf(tool: Tool): string {
    const known = this.#digests.get(tool);
    if (known !== undefined) return known;
    const digest = `${pinOf(tool)} ${toolDigest(tool)}`;
    this.#digests.set(tool, digest);
    if (this.#first.size < MAX_PINS && !this.#first.has(pinOf(tool))) this.#first.set(pinOf(tool), digest);
    if (!this.isPinned(tool) && !this.#reported.has(digest)) {
      this.#reported.set(digest, true);
      this.#log.warn({ tool: tool.name, effect: 'its calls ask until the bot restarts' }, 'tool has changed');
    }
    return digest;
  }

  /** Whether the tool is as it was first listed. Nobody has allowed a later version to run without asking. */
  isPinned(tool: Tool): boolean {
    return this.#first.get(pinOf(tool)) === this.digestOf(tool);
  }
}

function pinOf({ origin, name }: Tool): string {
  return JSON.stringify([origin, name]);
}
