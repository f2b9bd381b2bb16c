/**
 * The URL of a worker's file beside the module that starts it (`startedBy`: its `import.meta.url`): `.ts` when Node
 * runs the source, `.js` in dist. tsc and bundlers do not rewrite such a URL, so the bundle has each worker in a file
 * of its own. `dev/packaging/bundle-table.ts` lists them.
 */
export function workerUrl(startedBy: string, name: string): URL {
  return new URL(`./${name}.${startedBy.endsWith('.ts') ? 'ts' : 'js'}`, startedBy);
}
