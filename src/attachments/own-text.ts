import type { TeamsText } from './teams-text.ts';

/**
 * The text as its writer sees it. Teams leaves emoji, GIFs and stickers out of the activity's text, and the form of code:
 * with them it is taken from the HTML, where that says the same.
 */
export function ownText(
  written: string,
  shown: readonly TeamsText[],
  loose: readonly string[],
  clean: (html: string) => string,
): string {
  const marks = shown.flatMap((each) => each.marks);
  const full = clean(shown.map(({ text }) => text).join('\n'));
  const isSame = () => lettersOf(clean(shown.map(({ plain }) => plain).join(' '))) === lettersOf(written);
  if (written === '' && full !== '') return full;
  if ((marks.length > 0 || shown.some(({ hasCode }) => hasCode)) && isSame()) return full;
  return [written, ...(marks.length > 0 ? marks : loose)].join(' ').trim();
}

function lettersOf(text: string): string {
  return text.replace(/[^\p{L}\p{N}]+/gu, '');
}
