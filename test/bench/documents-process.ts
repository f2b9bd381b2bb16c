// A process that only indexes and searches, so that its memory is that of the documents.
import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock } from '../../src/clock.ts';
import { createLogger } from '../../src/log.ts';
import { usage } from './measure.ts';
import { serve } from './serve.ts';

/** The module of the built bot that starts the thread. */
const BUILT = new URL('../../dist/tools/documents/documents.js', import.meta.url).href;
const POLL_MS = 5;
/** Not polled again while searches are measured. */
const FOLDER_POLL_MS = 600_000;
const WARM_UP = 50;

export interface DocumentFigures {
  /** From the start of the thread until all documents are indexed. */
  readonly indexedMs: number;
  /** From the question to the answer of the thread; one for each query. */
  readonly searchMs: readonly number[];
  /** Growth of the process's resident memory from before the thread to after all searches. */
  readonly memoryBytes: number;
}

async function measure({
  folder,
  queries,
}: {
  readonly folder: string;
  readonly queries: readonly string[];
}): Promise<DocumentFigures> {
  const { Documents }: typeof import('../../src/tools/documents/documents.ts') = await import(BUILT);
  const settings = { folder, pollMs: FOLDER_POLL_MS, users: [], scopes: [] };
  const documents = new Documents({ settings, clock: systemClock, log: createLogger('silent') });
  const beforeBytes = usage().rssBytes;
  const startedMs = performance.now();
  documents.start();
  while (documents.status.kind === 'reading') await sleep(POLL_MS);
  const indexedMs = performance.now() - startedMs;
  if (documents.status.kind !== 'ready') throw new Error(`not indexed: ${documents.status.reason}`);
  if (documents.status.state.leftOut.length > 0) throw new Error('not all documents were indexed');
  const searchMs: number[] = [];
  const { signal } = new AbortController();
  for (const query of [...queries.slice(0, WARM_UP), ...queries]) {
    const askedMs = performance.now();
    await documents.find(query, signal);
    searchMs.push(performance.now() - askedMs);
  }
  const memoryBytes = usage().rssBytes - beforeBytes;
  await documents.close();
  return { indexedMs, searchMs: searchMs.slice(WARM_UP), memoryBytes };
}

const calls = { measure };

export type DocumentCalls = typeof calls;

serve(calls);
