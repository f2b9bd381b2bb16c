/**
 * Whether an operator's list names one of these ids. Lists of ids are written by hand, often copied from a page that
 * shows ids of Entra ID in upper case: the case does not count.
 */
export function includesAnyId(list: readonly string[], ids: readonly (string | undefined)[]): boolean {
  const known = new Set(ids.map((id) => id?.toLowerCase()));
  return list.some((entry) => known.has(entry.toLowerCase()));
}
