const WORD = /[\p{L}\p{M}\p{N}]+/gu;
/** Scripts that write no spaces between words. */
const UNSPACED =
  /[\p{Script=Han}\p{Script=Hira}\p{Script=Kana}\p{Script=Thai}\p{Script=Laoo}\p{Script=Khmr}\p{Script=Mymr}]/u;
const ONLY_ASCII = /^[a-zA-Z0-9]+$/;
const MARKS = /\p{M}/gu;

const segmenter = new Intl.Segmenter(undefined, { granularity: 'word' });

/** Splits text into words, including languages that write no spaces. The segmenter is slow, so it splits only those. */
export function words(text: string): string[] {
  const found: string[] = text.match(WORD) ?? [];
  return UNSPACED.test(text) ? found.flatMap((word) => (UNSPACED.test(word) ? segments(word) : [word])) : found;
}

function segments(text: string): string[] {
  return Array.from(segmenter.segment(text), ({ segment }) => segment);
}

/** Removes case and accents, because users often leave them out. */
export function fold(term: string): string {
  if (ONLY_ASCII.test(term)) return term.toLowerCase();
  return term.normalize('NFKD').replaceAll(MARKS, '').toLowerCase().replaceAll('ß', 'ss');
}
