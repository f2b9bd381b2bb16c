import { deploymentFile } from './template.ts';

/** The README next to the templates. */
export const README = deploymentFile('README.md');

/** The commands in the README: lines of its blocks without a language, and inline code that looks like one. */
export function commandsOfReadme(): readonly string[] {
  const typed: string[] = [];
  const text: string[] = [];
  let fence: string | undefined;
  for (const line of README.split('\n')) {
    const mark = /^ *```(\w*)$/.exec(line)?.[1];
    if (mark !== undefined) fence = fence === undefined ? mark : undefined;
    else if (fence === undefined) text.push(line);
    else if (fence === '') typed.push(line.trim());
  }
  const found = text.join('\n').matchAll(/`((?:az|npm|node|devtunnel|curl|cd|cp|git) [^`]+)`/g);
  return [...typed, ...[...found].map(([, command = '']) => command)];
}

/** The words of a command as a shell splits them: double quotes keep words together. */
export function wordsOf(command: string): readonly string[] {
  return [...command.matchAll(/(?:"[^"]*"|[^\s"])+/g)].map(([word]) => word.replaceAll('"', ''));
}

/** The value of an option. */
export function optionOf(command: string, name: string): string | undefined {
  const words = wordsOf(command);
  const at = words.indexOf(name);
  return at === -1 ? undefined : words[at + 1];
}
