import MiniSearch from 'minisearch';
import type { Chunk } from './chunks.ts';

/** A chunk that matches a query. */
export interface Hit extends Chunk {
  /** The path relative to the folder, with `/` as separator. */
  readonly path: string;
  readonly title: string;
}

interface Entry extends Hit {
  readonly id: number;
}

/** Longer queries are cut, because each word costs time. */
const MAX_QUERY_CHARS = 500;
/** Keeps one document from taking up the whole result. */
const MAX_HITS_PER_DOCUMENT = 4;
const MIN_PREFIX_CHARS = 3;

/** A full-text index in memory. Documents are added, replaced and removed by their paths. */
export class DocumentIndex {
  readonly #search = new MiniSearch<Entry>({
    fields: ['heading', 'title', 'text'],
    storeFields: ['path', 'title', 'heading', 'text', 'page'],
    tokenize: words,
    processTerm: fold,
    searchOptions: {
      boost: { heading: 2, title: 2 },
      prefix: (term) => term.length >= MIN_PREFIX_CHARS,
      fuzzy: (term) => (term.length >= MIN_PREFIX_CHARS + 1 ? 0.2 : false),
      maxFuzzy: 2,
    },
  });
  readonly #ids = new Map<string, readonly number[]>();
  #nextId = 0;

  get documentCount(): number {
    return this.#ids.size;
  }

  get chunkCount(): number {
    return this.#search.documentCount;
  }

  /** Adds a document or replaces the one at that path. */
  set(path: string, title: string, chunks: readonly Chunk[]): void {
    this.delete(path);
    const entries = chunks.map((chunk) => ({ ...chunk, id: this.#nextId++, path, title }));
    this.#search.addAll(entries);
    this.#ids.set(
      path,
      entries.map(({ id }) => id),
    );
  }

  delete(path: string): void {
    for (const id of this.#ids.get(path) ?? []) this.#search.discard(id);
    this.#ids.delete(path);
  }

  /** Returns the best matches, the best one first. */
  find(query: string, maxHits: number): Hit[] {
    const perDocument = new Map<string, number>();
    const hits: Hit[] = [];
    for (const found of this.#search.search(query.slice(0, MAX_QUERY_CHARS))) {
      const hit = found as unknown as Hit;
      const count = perDocument.get(hit.path) ?? 0;
      if (count >= MAX_HITS_PER_DOCUMENT) continue;
      perDocument.set(hit.path, count + 1);
      const { path, title, heading, text, page } = hit;
      hits.push({ path, title, heading, text, ...(page === undefined ? {} : { page }) });
      if (hits.length === maxHits) break;
    }
    return hits;
  }
}

const segmenter = new Intl.Segmenter(undefined, { granularity: 'word' });

/** Splits text into words, including languages that write no spaces. */
function words(text: string): string[] {
  const found: string[] = [];
  for (const { segment, isWordLike } of segmenter.segment(text)) if (isWordLike === true) found.push(segment);
  return found;
}

/** Removes case and accents, because users often leave them out. */
function fold(term: string): string {
  return term.normalize('NFKD').replaceAll(/\p{M}/gu, '').toLowerCase().replaceAll('ß', 'ss');
}
