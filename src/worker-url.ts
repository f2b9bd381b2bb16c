/**
 * The address of a worker's file, which lies beside the module that starts it (`import.meta.url` of that one): `.ts`
 * when Node runs the source, `.js` in dist. In the deployed bundle all files lie beside each other, and a worker has a
 * file of its own by its line in `dev/packaging/bundle-table.ts`. Neither tsc nor a bundler rewrites such an address.
 */
export function workerUrl(startedBy: string, name: string): URL {
  return new URL(`./${name}.${startedBy.endsWith('.ts') ? 'ts' : 'js'}`, startedBy);
}
