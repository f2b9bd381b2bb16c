const MAX_TITLE_CHARS = 80;
/** Markdown, HTML, quotation marks, and all that is no visible character. */
const NOT_PLAIN = /[[\]()*_<>~`#|\\$"“”„]|:\/\/|[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;

/** Returns the title that a server gives its tool as plain words in one line, which stand in the bot's own sentences. */
export function plainTitle(title: string): string {
  return Array.from(title.replace(NOT_PLAIN, ' ').replace(/\s+/g, ' ').trim())
    .slice(0, MAX_TITLE_CHARS)
    .join('')
    .trim();
}
