import MiniSearch, { type SearchOptions } from 'minisearch';
import type { Chunk } from './chunks.ts';
import { fold, words } from './words.ts';

/** A chunk that matches a query. */
export interface Hit extends Chunk {
  /** The path relative to the folder, with `/` as separator. */
  readonly path: string;
  /** With the path, if another document has the same title. */
  readonly title: string;
}

interface Entry extends Hit {
  readonly id: number;
}

/** Longer queries are cut, because each word costs time. */
const MAX_QUERY_CHARS = 500;
/** The most matches of one search. */
const MAX_HITS = 8;
/** Keeps one document from taking up the whole result. */
const MAX_HITS_PER_DOCUMENT = 4;
const MIN_PREFIX_CHARS = 3;
/** Also finds other forms of a word and misspelt words. */
const SIMILAR: SearchOptions = {
  prefix: (term) => term.length >= MIN_PREFIX_CHARS,
  fuzzy: (term) => (term.length > MIN_PREFIX_CHARS ? 0.2 : false),
};
/**
 * A word in more than this share of the chunks is common. Common words hardly tell chunks apart, hide what the other
 * words find, and take most of the time: they are left out of a search while the others find something.
 */
const MAX_RARE_SHARE = 0.1;
/** A word in at most this many chunks is not common: small folders are fast, and may be about one word. */
const MAX_RARE_CHUNKS = 200;

/**
 * What the index costs in memory, measured with texts of common words, of unique words, of numbers and of single words:
 * see `bytes`.
 */
const CHUNK_BYTES = 600;
const OCCURRENCE_BYTES = 45;
const TERM_BYTES = 750;

/**
 * A full-text index in memory, of at most about `maxBytes`. Documents are added, replaced and removed by their paths.
 */
export class DocumentIndex {
  readonly #maxBytes: number;
  readonly #search = new MiniSearch<Entry>({
    fields: ['heading', 'title', 'text'],
    tokenize: words,
    processTerm: fold,
    searchOptions: { boost: { heading: 2, title: 2 }, maxFuzzy: 2 },
  });
  /** The entries of each document, by path. */
  readonly #documents = new Map<string, readonly Entry[]>();
  /** The index copies its own stored fields into each of thousands of matches, so they are kept here. */
  readonly #entries = new Map<number, Entry>();
  /** The number of chunks that contain a word. */
  readonly #chunkCounts = new Map<string, number>();
  /** The sum of the chunks' numbers of different words. */
  #occurrences = 0;
  #textBytes = 0;
  #nextId = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** An estimate, because the heap also holds what was not collected yet. */
  get bytes(): number {
    return (
      this.#textBytes +
      this.chunkCount * CHUNK_BYTES +
      this.#occurrences * OCCURRENCE_BYTES +
      this.#chunkCounts.size * TERM_BYTES
    );
  }

  get documentCount(): number {
    return this.#documents.size;
  }

  get chunkCount(): number {
    return this.#entries.size;
  }

  /** Adds a document or replaces the one at that path. Returns false if the index is too full for it. */
  set(path: string, title: string, chunks: readonly Chunk[]): boolean {
    this.delete(path);
    const entries: Entry[] = [];
    this.#documents.set(path, entries);
    for (const chunk of chunks) {
      const entry = { ...chunk, id: this.#nextId++, path, title };
      entries.push(entry);
      this.#entries.set(entry.id, entry);
      this.#search.add(entry);
      this.#count(entry, 1);
      if (this.bytes <= this.#maxBytes) continue;
      this.delete(path);
      return false;
    }
    return true;
  }

  delete(path: string): void {
    for (const entry of this.#documents.get(path) ?? []) {
      this.#count(entry, -1);
      this.#entries.delete(entry.id);
      // `discard` would keep the words in memory until a later clean-up.
      this.#search.remove(entry);
    }
    this.#documents.delete(path);
  }

  /** Returns the best matches, the best one first. Common words count only where nothing else is found. */
  find(query: string): Hit[] {
    const terms = [...new Set(words(query.slice(0, MAX_QUERY_CHARS)).map(fold))];
    const rare = terms.filter((word) => !this.#isCommon(word));
    const hits = this.#best(this.#search.search(rare.join(' '), SIMILAR));
    return hits.length > 0 ? hits : this.#best(this.#search.search(terms.join(' ')));
  }

  #isCommon(word: string): boolean {
    return (this.#chunkCounts.get(word) ?? 0) > Math.max(MAX_RARE_CHUNKS, MAX_RARE_SHARE * this.#entries.size);
  }

  #best(matches: Iterable<{ readonly id: number }>): Hit[] {
    const hitCounts = new Map<string, number>();
    const hits: Hit[] = [];
    for (const match of matches) {
      const entry = this.#entries.get(match.id);
      const count = hitCounts.get(entry?.path ?? '') ?? 0;
      if (entry === undefined || count >= MAX_HITS_PER_DOCUMENT) continue;
      hitCounts.set(entry.path, count + 1);
      hits.push({ ...entry, title: this.#nameOf(entry) });
      if (hits.length === MAX_HITS) break;
    }
    return hits;
  }

  #count({ heading, title, text }: Entry, change: 1 | -1): void {
    const counted = new Set(words(`${heading}\n${title}\n${text}`).map(fold));
    this.#occurrences += change * counted.size;
    this.#textBytes += change * Buffer.byteLength(heading + text);
    for (const word of counted) {
      const chunkCount = (this.#chunkCounts.get(word) ?? 0) + change;
      if (chunkCount > 0) this.#chunkCounts.set(word, chunkCount);
      else this.#chunkCounts.delete(word);
    }
  }

  #nameOf({ title, path }: Entry): string {
    const isShared = [...this.#documents.values()].some(([first]) => first?.title === title && first.path !== path);
    return isShared ? `${title} (${path})` : title;
  }
}
