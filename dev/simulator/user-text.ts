import type { InputDescription } from './input-description.ts';

/** The text of a user, and the text files of the same message. */
export interface UserText {
  readonly text: string;
  readonly files: readonly InputDescription[];
}

// The bot's words for the model: src/conversation/speakers.ts, src/attachments/message-parts.ts and text-file.ts.

/** The bot quotes texts in groups: `Ada wrote: "hello"`. */
const SPEAKER = /^[^"\n]{1,100} wrote: (".*")$/s;
/** Paragraphs that the bot adds for the model alone. */
const NOTE = /^(?:In reply to a message|A forwarded message|The user also sent |[^"\n]{1,100} sent what follows\.$)/;
const FILE =
  /^The user attached (?:a text file|the text file "([^\n]{0,300})")(?:, which is empty\.|\. Each of its lines)/;
/** A line of an attached text file. */
const FILE_LINE = /^> /;
const FILE_LINE_PREFIX_CHARS = 2;
const MAX_PARAGRAPHS = 1_000;

/**
 * Extracts the user's own text from an item of this project's bot: what the bot adds for the model is not read aloud.
 * Any other text is returned unchanged.
 */
export function parseUserText(text: string): UserText {
  const [first = '', ...rest] = text.split('\n');
  const file = FILE.exec(first);
  if (file !== null && rest.every((line) => FILE_LINE.test(line))) {
    return {
      text: '',
      files: [{ kind: 'textFile', name: file[1], lines: rest.map((line) => line.slice(FILE_LINE_PREFIX_CHARS)) }],
    };
  }
  const paragraphs = text.split('\n\n', MAX_PARAGRAPHS);
  const own = paragraphs.filter((paragraph) => !NOTE.test(paragraph)).join('\n\n');
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
