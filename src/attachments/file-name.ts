const MAX_NAME_CHARS = 100;

/**
 * A file's or a person's name for people and the model: at most 100 characters, none of which can end a quotation or has
 * a meaning of its own; `undefined` if nothing is left. It is never used as a path.
 */
export function shownName(name: string | undefined): string | undefined {
  const plain = (name ?? '').replace(/[\p{C}\p{Z}"“”„\\/<>[\]`*|]+/gu, ' ').trim();
  return plain.slice(0, MAX_NAME_CHARS).toWellFormed().trim() || undefined;
}

/** Whether a name is that of a web page: then a page is the file itself, not an error page in its place. */
export function isPageName(name: string | undefined): boolean {
  return /\.x?html?$/i.test(name ?? '');
}
