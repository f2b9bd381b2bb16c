/** A part is at least this much of what fits, so that a text does not become many small messages. */
const LEAST_FILL = 0.5;
/** Longer than any emoji with all that belongs to it. */
const MOST_GRAPHEME_CHARS = 64;

/**
 * The text in parts of at most so many characters (UTF-16), cut at the end of a paragraph, else of a sentence, else
 * between words, else wherever no character is torn. Nothing is lost but the white space at the cuts.
 */
export function splitText(text: string, mostChars: number): string[] {
  const parts: string[] = [];
  let rest = text;
  while (rest.length > mostChars) {
    const end = cutOf(rest.slice(0, mostChars + 1), mostChars);
    parts.push(rest.slice(0, end).trimEnd());
    rest = rest.slice(end).trimStart();
  }
  return rest === '' && parts.length > 0 ? parts : [...parts, rest];
}

/** Where the first part ends. `head` has one character more than fits, which tells whether a sentence ends before it. */
function cutOf(head: string, mostChars: number): number {
  const leastChars = Math.ceil(mostChars * LEAST_FILL);
  const paragraph = head.lastIndexOf('\n\n');
  if (paragraph >= leastChars) return paragraph;
  const cuts = [lastStart(head, 'sentence', mostChars), lastSpace(head, mostChars)];
  const cut = cuts.find((at) => at >= leastChars);
  return cut ?? wholeCharacter(head, lastStart(head, 'grapheme', mostChars));
}

/** Where the last sentence (or character) begins that does not fit as a whole. */
function lastStart(head: string, granularity: 'sentence' | 'grapheme', mostChars: number): number {
  const tail = granularity === 'grapheme' ? Math.max(0, mostChars - MOST_GRAPHEME_CHARS) : 0;
  const segments = new Intl.Segmenter(undefined, { granularity }).segment(head.slice(tail));
  let last = 0;
  for (const { index } of segments) if (tail + index <= mostChars) last = tail + index;
  return last;
}

/** Never inside of one code point, however strange the text is; at least one character is taken. */
function wholeCharacter(head: string, at: number): number {
  const isInside = /^[\ud800-\udbff][\udc00-\udfff]/.test(head.slice(at - 1));
  return Math.max(1, isInside && at > 1 ? at - 1 : at);
}

function lastSpace(head: string, mostChars: number): number {
  for (let at = mostChars; at > 0; at--) if (/\s/.test(head[at] ?? '')) return at;
  return 0;
}
