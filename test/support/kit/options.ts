/** The default seed. */
export function newSeed(): string {
  return String(Date.now() % 1_000_000);
}

/** Reads integers of at least `min`. The first invalid option ends the process with one line. */
export function wholeNumbers<Name extends string>(
  values: Readonly<Record<Name, string>>,
  min: number,
): Readonly<Record<Name, number>> {
  const entries = Object.entries<string>(values);
  for (const [name, text] of entries) {
    if (/^\d{1,9}$/.test(text) && Number(text) >= min) continue;
    exitWithError(`--${name} is "${text}"; expected a whole number of at least ${min}`);
  }
  return Object.fromEntries(entries.map(([name, text]) => [name, Number(text)])) as Record<Name, number>;
}

export function exitWithError(reason: string): never {
  process.stderr.write(`${reason}\n`);
  process.exit(1);
}
