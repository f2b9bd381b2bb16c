import { type ParseArgsConfig, parseArgs } from 'node:util';

/** Reads the options of a command. An invalid one ends the process with one line. */
export function readOptions<const Options extends NonNullable<ParseArgsConfig['options']>>(options: Options) {
  try {
    return parseArgs({ options }).values;
  } catch (error) {
    const names = Object.keys(options).map((name) => `--${name}`);
    const reason = error instanceof Error ? error.message.split('. ')[0] : String(error);
    process.stderr.write(`${reason}. Options: ${names.join(', ')}\n`);
    process.exit(1);
  }
}
