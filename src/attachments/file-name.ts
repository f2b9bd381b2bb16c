const MOST_NAME_CHARS = 100;

/**
 * A file's name as it is shown to people and to the model: at most 100 characters, none of which can end a quotation or
 * mean more than a name; `undefined` where nothing is left. Never a path: nothing is ever stored under it.
 */
export function shownName(name: string | undefined): string | undefined {
  const plain = (name ?? '').replace(/[\p{C}\p{Z}"“”„\\/<>[\]`*|]+/gu, ' ').trim();
  return plain.slice(0, MOST_NAME_CHARS).toWellFormed().trim() || undefined;
}
