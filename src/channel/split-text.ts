/** A part is at least this much of what fits, so that a text does not become many small messages. */
const LEAST_FILL = 0.5;
/** Longer than any emoji with all that belongs to it. */
const MOST_GRAPHEME_CHARS = 64;

const SENTENCES = new Intl.Segmenter(undefined, { granularity: 'sentence' });
const CHARACTERS = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/**
 * The text in parts of at most so many characters (UTF-16), cut at the end of a paragraph, else of a sentence, else
 * between words, else wherever no character is torn. Nothing is lost but the white space at the cuts. `lengthOf`: how long
 * a part is once it has the form in which it is sent.
 */
export function splitText(text: string, mostChars: number, lengthOf = (part: string) => part.length): string[] {
  if (text.length <= mostChars && lengthOf(text) <= mostChars) return [text];
  const parts: string[] = [];
  let chars = mostChars;
  for (let rest = text.trimStart(); rest !== ''; ) {
    // What comes behind the cut tells whether it is one.
    const end = rest.length <= chars ? rest.length : cutOf(rest.slice(0, chars + MOST_GRAPHEME_CHARS), chars);
    const part = end === rest.length ? rest : rest.slice(0, end).trimEnd();
    const length = lengthOf(part);
    if (length > mostChars && chars > 1) {
      chars = Math.floor((Math.min(chars, rest.length) * mostChars) / length);
      continue;
    }
    parts.push(part);
    rest = rest.slice(end).trimStart();
    chars = mostChars;
  }
  return parts;
}

function cutOf(head: string, mostChars: number): number {
  const leastChars = Math.ceil(mostChars * LEAST_FILL);
  const fits = (at: number) => at >= leastChars && head.slice(0, at).trimEnd().length <= mostChars;
  const lastOf = (found: Iterable<{ readonly index: number }>) =>
    Array.from(found, ({ index }) => index).findLast(fits);
  return (
    lastOf(head.matchAll(/\r?\n\r?\n/g)) ??
    lastOf(SENTENCES.segment(head)) ??
    lastSpace(head, leastChars, mostChars) ??
    wholeCharacter(head, mostChars)
  );
}

function lastSpace(head: string, leastChars: number, mostChars: number): number | undefined {
  for (let at = mostChars; at >= leastChars; at--) if (/\s/.test(head[at] ?? '')) return at;
  return undefined;
}

/** The last place that tears no character; where one is longer than all that fits, none that tears a code point. */
function wholeCharacter(head: string, mostChars: number): number {
  const at = CHARACTERS.segment(head).containing(mostChars)?.index ?? mostChars;
  if (at > 0 && mostChars - at <= MOST_GRAPHEME_CHARS) return at;
  const isInside = /^[\ud800-\udbff][\udc00-\udfff]/.test(head.slice(mostChars - 1));
  return isInside && mostChars > 1 ? mostChars - 1 : mostChars;
}
