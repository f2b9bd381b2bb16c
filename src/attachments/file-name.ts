const MAX_NAME_CHARS = 100;

/**
 * Cleans the name of a file or person for users and the model: at most 100 characters, none of which can end a
 * quotation or has a special meaning; `undefined` if nothing is left. The result is never used as a path.
 */
export function shownName(name: string | undefined): string | undefined {
  const plain = (name ?? '').replace(/[\p{C}\p{Z}"“”„\\/<>[\]`*|]+/gu, ' ').trim();
  return plain.slice(0, MAX_NAME_CHARS).toWellFormed().trim() || undefined;
}

/** Whether the name is that of a web page. Then a fetched page is the file itself, not an error page. */
export function isPageName(name: string | undefined): boolean {
  return /\.x?html?$/i.test(name ?? '');
}
