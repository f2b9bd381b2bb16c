/** A part has at least this share of the maximum, so that a text does not become many small messages. */
const MIN_FILL = 0.5;
/** If a part is too long in the form in which it is sent, the next try has this share of its characters. */
const SHRINKAGE = 0.95;
/** Longer than any emoji with all of its modifiers. */
const MAX_GRAPHEME_CHARS = 64;

const SENTENCES = new Intl.Segmenter(undefined, { granularity: 'sentence' });
const CHARACTERS = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/** The form in which parts are sent. It may be longer or shorter than the part itself. */
export interface SentForm {
  /** The length of a part in this form. */
  lengthOf(part: string): number;
  /** How many characters at the beginning of a text have at most `maxChars` characters in this form. */
  fitting(text: string, maxChars: number): number;
  /** What remains to be sent behind a part. `rest`: the text behind it. */
  remainder(part: string, rest: string): string;
}

const PLAIN: SentForm = {
  lengthOf: (part) => part.length,
  fitting: (text, maxChars) => Math.min(text.length, maxChars),
  remainder: (_part, rest) => rest.trimStart(),
};

/**
 * Splits a text into parts of at most `maxChars` characters (UTF-16) in the form in which they are sent: at the end of a
 * paragraph, or of a sentence, or between words, or between characters. Only the white space at the cuts is dropped, and
 * what the form drops.
 */
export function splitText(text: string, maxChars: number, form = PLAIN): string[] {
  if (text.length <= maxChars && form.lengthOf(text) <= maxChars) return [text];
  const parts: string[] = [];
  for (let rest = text.trimStart(); rest !== ''; ) {
    const end = endOfPart(rest, maxChars, form);
    const part = partTo(rest, end);
    parts.push(part);
    const remainder = form.remainder(part, rest.slice(end));
    // What is added to the rest must not make it grow forever.
    rest = remainder.length < rest.length ? remainder : rest.slice(end).trimStart();
  }
  return parts;
}

function partTo(rest: string, end: number): string {
  return end === rest.length ? rest : rest.slice(0, end).trimEnd();
}

function endOfPart(rest: string, maxChars: number, form: SentForm): number {
  // Nothing fits before a run of backticks, or a link, that is longer than a part: it is cut.
  const fitting = (chars: number) => form.fitting(rest, chars) || Math.min(rest.length, chars);
  const minChars = fitting(Math.ceil(maxChars * MIN_FILL));
  let tryChars = fitting(maxChars);
  for (;;) {
    // Where a character or a sentence ends depends on what follows.
    const head = rest.slice(0, tryChars + MAX_GRAPHEME_CHARS);
    const end = rest.length <= tryChars ? rest.length : cutOf(head, Math.min(minChars, tryChars), tryChars);
    if (tryChars === 1 || form.lengthOf(partTo(rest, end)) <= maxChars) return end;
    // The cut itself makes the part longer, such as by the end of the code that it cuts.
    tryChars = Math.max(1, Math.floor(Math.min(tryChars, end) * SHRINKAGE));
  }
}

function cutOf(head: string, minChars: number, maxChars: number): number {
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
