import { setTimeout } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import type { DocumentsSettings } from '../../config/tools-settings.ts';
import { systemCode } from '../../errors.ts';
import type { Hit } from './document-index.ts';
import type { FolderFile } from './folder.ts';
import { FolderIndex, type FolderIndexOptions, type FolderState } from './folder-index.ts';

/** A message to the thread. */
export interface DocumentsRequest {
  readonly id: number;
  readonly query: string;
}

/** A message from the thread: each file before it is read, the end of each update, and one answer to each request. */
export type DocumentsMessage =
  | { readonly kind: 'reading'; readonly file: FolderFile }
  | { readonly kind: 'updated'; readonly state: FolderState; readonly isChanged: boolean; readonly tookMs: number }
  | { readonly kind: 'unreadable'; readonly reason: string }
  | { readonly kind: 'found'; readonly id: number; readonly hits: readonly Hit[] };

/** The content of `workerData`. */
export type DocumentsJob = FolderIndexOptions & Pick<DocumentsSettings, 'pollMs'>;

const job: DocumentsJob = workerData;
const index = new FolderIndex(job);
const post = (message: DocumentsMessage) => parentPort?.postMessage(message);

// Queries are answered from the documents read so far.
parentPort?.on('message', ({ id, query }: DocumentsRequest) => {
  post({ kind: 'found', id, hits: index.find(query) });
});

// The folder is polled for changes, because network shares send no file system events.
for (;;) {
  const startedMs = performance.now();
  try {
    const { isChanged, ...state } = await index.update((file) => post({ kind: 'reading', file }));
    post({ kind: 'updated', state, isChanged, tookMs: Math.round(performance.now() - startedMs) });
  } catch (error) {
    post({ kind: 'unreadable', reason: systemCode(error) ?? 'unknown' });
  }
  await setTimeout(job.pollMs);
}
