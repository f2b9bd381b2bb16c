/** Four minutes of speech, more than the longest answer of a real model. */
const MAX_CHARS = 4_000;

const LINK = /!?\[([^\]\n]{0,1000})\]\([^)\s]{0,1000}\)/g;
const LINE_MARKS = /^[ \t]{0,8}(?:#{1,6}|>|[-*+])[ \t]+/gm;
const MARKS = /[*_~`#|]+/g;
const EMOJI = /\p{Extended_Pictographic}|\p{Emoji_Modifier}|\ufe0f/gu;
/** All but line breaks, which are pauses; lone surrogates too. To the engine a NUL would end the text. */
const CONTROLS = /[^\P{C}\n]/gu;

/**
 * Removes what a voice should not speak: Markdown and emoji. Replaces `<` and `>`, since espeak-ng would skip
 * everything between them as markup.
 */
export function speechText(text: string): string {
  return text
    .slice(0, MAX_CHARS)
    .replaceAll(LINE_MARKS, '')
    .replaceAll(LINK, '$1')
    .replaceAll(MARKS, ' ')
    .replaceAll(EMOJI, ' ')
    .replaceAll('&', ' and ')
    .replaceAll('<', ' less than ')
    .replaceAll('>', ' greater than ')
    .replaceAll(CONTROLS, ' ')
    .replaceAll(/ {2,}/g, ' ')
    .trim();
}
