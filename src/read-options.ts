import { type ParseArgsConfig, parseArgs } from 'node:util';

/**
 * Reads the options of the command line. `--help` prints the usage and ends the process; an unknown option ends it with
 * a line about it, and with `exitCode`.
 */
export function readOptions<const Options extends NonNullable<ParseArgsConfig['options']>>(
  usage: string,
  options: Options,
  exitCode = 1,
) {
  if (process.argv.includes('--help')) {
    process.stdout.write(`${usage}\n`);
    process.exit(0);
  }
  try {
    return parseArgs({ options }).values;
  } catch (error) {
    // Drop the advice of `parseArgs` on positional arguments: none of our programs has any.
    return exitWithUsage(String((error as Error).message.split(/\.\s/)[0]), usage, exitCode);
  }
}

/** Ends the process with a line on what is wrong, and the first line of the usage. */
export function exitWithUsage(reason: string, usage: string, code = 1): never {
  process.stderr.write(`${reason}. ${usage.split('\n')[0]}\n`);
  process.exit(code);
}
