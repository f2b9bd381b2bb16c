/** Four minutes of speech, more than a real model's longest answer. What is beyond is not spoken. */
const MAX_CHARS = 4_000;

const LINK = /!?\[([^\]\n]{0,1000})\]\([^)\s]{0,1000}\)/g;
const LINE_MARKS = /^[ \t]{0,8}(?:#{1,6}|>|[-*+])[ \t]+/gm;
const MARKS = /[*_~`#|]+/g;
const EMOJI = /\p{Extended_Pictographic}|\p{Emoji_Modifier}|\ufe0f/gu;
/** All but line breaks, which are pauses; halves of characters too. The engine's texts would end at a NUL. */
const CONTROLS = /[^\P{C}\n]/gu;

/**
 * What of a text a voice should say: no Markdown, no emoji. It also disarms the engine's markup: after a bare `<`
 * espeak-ng would swallow everything up to the next `>`.
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
