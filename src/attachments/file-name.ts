const MAX_NAME_CHARS = 100;

/**
 * A file's name as it is shown to people and to the model: at most 100 characters, none of which can end a quotation or
 * mean more than a name; `undefined` where nothing is left. Never a path: nothing is ever stored under it.
 */
export function shownName(name: string | undefined): string | undefined {
  const plain = (name ?? '').replace(/[\p{C}\p{Z}"“”„\\/<>[\]`*|]+/gu, ' ').trim();
  return plain.slice(0, MAX_NAME_CHARS).toWellFormed().trim() || undefined;
}

/** Whether a name is that of a page: then a page is the file itself, and none came in its place. */
export function isPageName(name: string | undefined): boolean {
  return /\.x?html?$/i.test(name ?? '');
}
