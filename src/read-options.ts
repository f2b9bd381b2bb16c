import { type ParseArgsConfig, parseArgs } from 'node:util';

/**
 * The options of the command line. Where `--help` is among them, the usage is printed and the process ends; where one is
 * not known, it ends with a line about it, and `wrongCode`.
 */
export function readOptions<const Options extends NonNullable<ParseArgsConfig['options']>>(
  usage: string,
  options: Options,
  wrongCode = 1,
) {
  const values = parsed(usage, { ...options, help: { type: 'boolean' as const } }, wrongCode);
  if (Object.hasOwn(values, 'help')) {
    process.stdout.write(`${usage}\n`);
    process.exit(0);
  }
  return values;
}

function parsed<Options extends NonNullable<ParseArgsConfig['options']>>(
  usage: string,
  options: Options,
  wrongCode: number,
) {
  try {
    return parseArgs({ options }).values;
  } catch (error) {
    // Without the advice of `parseArgs` on how to write such a thing as an argument: there are none.
    const reason = error instanceof Error ? error.message.split(/\.\s/)[0] : String(error);
    return endWrong(`${reason}`, usage, wrongCode);
  }
}

/** Ends the process with a line on what is wrong, and the first one of the usage. */
export function endWrong(reason: string, usage: string, code = 1): never {
  process.stderr.write(`${reason}. ${usage.split('\n')[0]}\n`);
  process.exit(code);
}
