import { createInterface, type Interface } from 'node:readline';

export interface TerminalOptions {
  readonly input: NodeJS.ReadableStream;
  readonly output: NodeJS.WritableStream & { readonly isTTY?: boolean };
  /** Called on Ctrl-C if the terminal sends it as a key and not as a signal. */
  readonly onInterrupt: () => void;
}

/** Returns to the start of the line and clears it. */
const CLEAR_LINE = '\r\x1b[K';
/** How many lines are read ahead from a pipe, which may have no end. */
const MAX_WAITING = 100;

/**
 * Prompts for one line after another, from a person or from a pipe. Lines that arrive before a prompt are queued, and
 * are still returned after the input has ended.
 */
export class Terminal {
  readonly #output: TerminalOptions['output'];
  readonly #readline: Interface;
  readonly #waiting: string[] = [];
  #onLine: ((line: string | undefined) => void) | undefined;
  #isAtEnd = false;
  /** Whether `write` has begun a line that is not ended. */
  #isInLine = false;

  constructor({ input, output, onInterrupt }: TerminalOptions) {
    this.#output = output;
    this.#readline = createInterface({ input, output });
    this.#readline.on('line', (line) => this.#onInput(line));
    this.#readline.on('close', () => this.#end());
    this.#readline.on('SIGINT', onInterrupt);
  }

  /** Prints a line above what is being typed. */
  say(line: string): void {
    this.endLine();
    const typed = this.#readline.terminal && !this.#isAtEnd ? this.#readline.line : '';
    this.#output.write(typed === '' ? `${line}\n` : `${CLEAR_LINE}${line}\n${typed}`);
  }

  /** Prints a piece of a line. */
  write(text: string): void {
    this.#output.write(text);
    if (text !== '') this.#isInLine = !text.endsWith('\n');
  }

  /** Ends the line that `write` has begun, if there is one. */
  endLine(): void {
    if (this.#isInLine) this.#output.write('\n');
    this.#isInLine = false;
  }

  /** The next line; `undefined` after the last one. */
  async ask(prompt: string): Promise<string | undefined> {
    this.endLine();
    const waiting = this.#waiting.shift();
    if (waiting !== undefined) {
      this.#flow();
      this.say(`${prompt}${waiting}`);
      return waiting;
    }
    this.#prompt(prompt);
    const line = this.#isAtEnd ? undefined : await this.#nextLine();
    // A terminal has echoed the line already; a pipe shows nothing.
    if (line === undefined || !this.#readline.terminal) this.say(line ?? '');
    return line;
  }

  /** Drops queued lines. Safe to call twice. */
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
    // `true` keeps the text that was typed during the answer and shows it after the prompt.
    this.#readline.prompt(true);
  }

  #nextLine(): Promise<string | undefined> {
    return new Promise((resolve) => {
      this.#onLine = resolve;
    });
  }

  #onInput(line: string): void {
    // Lines of the same chunk still arrive after a close.
    if (this.#isAtEnd) return;
    const onLine = this.#onLine;
    this.#onLine = undefined;
    if (onLine !== undefined) onLine(line);
    else this.#waiting.push(line);
    this.#flow();
  }

  /** Pauses pipes only: a paused terminal would not pass on Ctrl-C. */
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
