/** A part has at least this share of the maximum, so that a text does not become many small messages. */
const MIN_FILL = 0.5;
/** Longer than any emoji with all of its modifiers. */
const MAX_GRAPHEME_CHARS = 64;

const SENTENCES = new Intl.Segmenter(undefined, { granularity: 'sentence' });
const CHARACTERS = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/**
 * Splits a text into parts of at most `maxChars` characters (UTF-16): at the end of a paragraph, or of a sentence, or
 * between words, or between characters. Only the white space at the cuts is dropped. `lengthOf` gives the length of a part
 * in the form in which it is sent.
 */
export function splitText(text: string, maxChars: number, lengthOf = (part: string) => part.length): string[] {
  if (text.length <= maxChars && lengthOf(text) <= maxChars) return [text];
  const parts: string[] = [];
  let tryChars = maxChars;
  for (let rest = text.trimStart(); rest !== ''; ) {
    // Where a character or a sentence ends depends on what follows.
    const end = rest.length <= tryChars ? rest.length : cutOf(rest.slice(0, tryChars + MAX_GRAPHEME_CHARS), tryChars);
    const part = end === rest.length ? rest : rest.slice(0, end).trimEnd();
    const length = lengthOf(part);
    if (length > maxChars && tryChars > 1) {
      // The form that is sent is longer: try a part that is shorter in proportion.
      tryChars = Math.floor((Math.min(tryChars, rest.length) * maxChars) / length);
      continue;
    }
    parts.push(part);
    rest = rest.slice(end).trimStart();
    tryChars = maxChars;
  }
  return parts;
}

function cutOf(head: string, maxChars: number): number {
  const minChars = Math.ceil(maxChars * MIN_FILL);
  const fits = (at: number) => at >= minChars && head.slice(0, at).trimEnd().length <= maxChars;
  const lastOf = (found: Iterable<{ readonly index: number }>) =>
    Array.from(found, ({ index }) => index).findLast(fits);
  return (
    lastOf(head.matchAll(/\r?\n\r?\n/g)) ??
    lastOf(SENTENCES.segment(head)) ??
    lastSpace(head, minChars, maxChars) ??
    wholeCharacter(head, maxChars)
  );
}

function lastSpace(head: string, minChars: number, maxChars: number): number | undefined {
  for (let at = maxChars; at >= minChars; at--) if (/\s/.test(head[at] ?? '')) return at;
  return undefined;
}

/**
 * The last place between two characters. Between two code points if the character at `maxChars` begins the head, or
 * begins more than MAX_GRAPHEME_CHARS before.
 */
function wholeCharacter(head: string, maxChars: number): number {
  const at = CHARACTERS.segment(head).containing(maxChars)?.index ?? maxChars;
  if (at > 0 && maxChars - at <= MAX_GRAPHEME_CHARS) return at;
  const isInside = /^[\ud800-\udbff][\udc00-\udfff]/.test(head.slice(maxChars - 1));
  return isInside && maxChars > 1 ? maxChars - 1 : maxChars;
}
