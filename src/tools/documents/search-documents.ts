import { z } from 'zod';
import { defineTool } from '../define-tool.ts';
import { DATA_NOTICE, type Source, type Tool } from '../tool.ts';
import type { Hit } from './document-index.ts';
import type { Documents } from './documents.ts';

const DESCRIPTION =
  'Searches the documents of this organisation: handbooks, rules, manuals. Call it before you answer a question about facts that they may hold, and answer from what it finds. Pass the words that the text may use: several forms of each word, synonyms, compounds and their parts. Do not speak file names or page numbers: the sources are shown to the user.';
const NOTHING_FOUND = 'Nothing was found. Try other words once, then say that the documents do not answer it.';
const STILL_READING =
  'The documents are still being read. Do not search again now: say so, and that the user may ask again in a minute.';
const NOT_ALL_READ = 'The documents are still being read, so more may be found in a minute.';
const MAX_CHARS = 7_000;

/** Creates the tool that searches the folder. */
export function searchDocuments(documents: Documents): Tool {
  return defineTool({
    name: 'search_documents',
    title: 'Documents',
    progress: { en: 'Searching the documents…', de: 'Ich durchsuche die Dokumente …' },
    description: `${DESCRIPTION} ${DATA_NOTICE}`,
    parameters: z.object({ query: z.string().min(1).describe('Words in the language of the documents.') }),
    approval: 'never',
    isReadOnly: true,
    access: documents.settings,
    async run({ query }, { signal }) {
      const { hits: found, isPartial } = await documents.find(query, signal);
      const hits = withinBound(found);
      if (hits.length === 0) return isPartial ? STILL_READING : NOTHING_FOUND;
      const quotes = hits.map(quoted);
      const parts = isPartial ? [...quotes, NOT_ALL_READ] : quotes;
      return { text: parts.join('\n\n'), images: [], sources: hits.map(sourceOf) };
    },
  });
}

function withinBound(hits: readonly Hit[]): Hit[] {
  let left = MAX_CHARS;
  return hits.filter(({ text }) => {
    left -= text.length;
    return left >= 0;
  });
}

function quoted({ title, heading, page, text }: Hit, at: number): string {
  const place = [title, heading === title ? '' : heading, page === undefined ? '' : `page ${page}`];
  return `[${at + 1}] ${place.filter((part) => part !== '').join(', ')}\n${text}`;
}

function sourceOf({ title, page }: Hit): Source {
  return page === undefined ? { title } : { title, page };
}
