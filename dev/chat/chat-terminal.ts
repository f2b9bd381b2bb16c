import { createInterface, type Interface } from 'node:readline';

export interface TerminalOptions {
  readonly input: NodeJS.ReadableStream;
  readonly output: NodeJS.WritableStream & { readonly isTTY?: boolean };
  /** Ctrl-C, where the terminal passes it on as a key and not as a signal. */
  readonly onInterrupt: () => void;
}

/** Back to the start of the line, and what stands there is gone. */
const CLEAR_LINE = '\r\x1b[K';
/** More lines than these are not read ahead from a pipe, which may have no end. */
const MAX_WAITING = 100;

/**
 * Asks for one line after another, from a person or from a pipe.
 * Lines that come before they are asked for wait, also beyond the end of the input: none is lost.
 */
export class Terminal {
  readonly #output: TerminalOptions['output'];
  readonly #readline: Interface;
  readonly #waiting: string[] = [];
  #onLine: ((line: string | undefined) => void) | undefined;
  #isAtEnd = false;

  constructor({ input, output, onInterrupt }: TerminalOptions) {
    this.#output = output;
    this.#readline = createInterface({ input, output });
    this.#readline.on('line', (line) => this.#take(line));
    this.#readline.on('close', () => this.#end());
    this.#readline.on('SIGINT', onInterrupt);
  }

  /** One line of its own, above what is being typed meanwhile. */
  say(line: string): void {
    const typed = this.#readline.terminal && !this.#isAtEnd ? this.#readline.line : '';
    this.#output.write(typed === '' ? `${line}\n` : `${CLEAR_LINE}${line}\n${typed}`);
  }

  /** The next line; `undefined` after the last one. */
  async ask(prompt: string): Promise<string | undefined> {
    const early = this.#waiting.shift();
    if (early !== undefined) {
      this.#flow();
      this.say(`${prompt}${early}`);
      return early;
    }
    this.#prompt(prompt);
    const line = this.#isAtEnd ? undefined : await this.#nextLine();
    // A person's terminal has shown the line, and its end, already; a pipe shows nothing.
    if (line === undefined || !this.#readline.terminal) this.say(line ?? '');
    return line;
  }

  /** Asks no more: lines that wait are forgotten. Safe to call twice. */
  close(): void {
    this.#waiting.length = 0;
    this.#readline.close();
  }

  #prompt(prompt: string): void {
    if (!this.#readline.terminal || this.#isAtEnd) {
      this.#output.write(prompt);
      return;
    }
    this.#readline.setPrompt(prompt);
    // What was typed while an answer came stays, and is shown again behind the prompt.
    this.#readline.prompt(true);
  }

  #nextLine(): Promise<string | undefined> {
    return new Promise((resolve) => {
      this.#onLine = resolve;
    });
  }

  #take(line: string): void {
    // What was read in one go with the last line still comes after a close.
    if (this.#isAtEnd) return;
    const onLine = this.#onLine;
    this.#onLine = undefined;
    if (onLine !== undefined) onLine(line);
    else this.#waiting.push(line);
    this.#flow();
  }

  /** Only a pipe is held up: a terminal that is not read passes on no Ctrl-C either. */
  #flow(): void {
    if (this.#readline.terminal || this.#isAtEnd) return;
    if (this.#waiting.length >= MAX_WAITING) this.#readline.pause();
    else this.#readline.resume();
  }

  #end(): void {
    this.#isAtEnd = true;
    this.#onLine?.(undefined);
  }
}
