import type { InputDescription } from './input-description.ts';

/** What a user wrote, and the text files that came with it. */
export interface Written {
  readonly text: string;
  readonly files: readonly InputDescription[];
}

/** What a client of several people puts around a text: `Ada wrote: "hello"`. */
const SPEAKER = /^[^"\n]{1,100} wrote: (".*")$/s;
/** What a bot adds for the model alone, a paragraph each. */
const ASIDE = /^(?:In reply to a message|A forwarded message|The user also sent |[^"\n]{1,100} sent what follows\.$)/;
const FILE =
  /^The user attached (?:a text file|the text file "([^\n]{0,300})")(?:, which is empty\.|\. Each of its lines)/;
/** A line of an attached text file. */
const FILE_LINE = /^> /;
const FILE_MARK_CHARS = 2;
const MAX_PARAGRAPHS = 1_000;

/**
 * Takes apart the text of an item as this project's bot writes it, so that nothing that is meant for the model is read
 * aloud. Any other text is returned as it is.
 */
export function readWritten(text: string): Written {
  const [first = '', ...rest] = text.split('\n');
  const file = FILE.exec(first);
  if (file !== null && rest.every((line) => FILE_LINE.test(line))) {
    return {
      text: '',
      files: [{ kind: 'textFile', name: file[1], lines: rest.map((line) => line.slice(FILE_MARK_CHARS)) }],
    };
  }
  const paragraphs = text.split('\n\n', MAX_PARAGRAPHS);
  const own = paragraphs.filter((paragraph) => !ASIDE.test(paragraph)).join('\n\n');
  return { text: unquoted(own), files: [] };
}

function unquoted(text: string): string {
  const quoted = SPEAKER.exec(text)?.[1];
  if (quoted === undefined) return text;
  try {
    return String(JSON.parse(quoted));
  } catch {
    return text;
  }
}
