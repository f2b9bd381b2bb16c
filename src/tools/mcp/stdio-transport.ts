import { type ChildProcess, spawn } from 'node:child_process';
import type { JSONRPCMessage, Transport } from '@modelcontextprotocol/client';
import { deserializeMessage, SdkError, SdkErrorCode, serializeMessage } from '@modelcontextprotocol/client';
import { getDefaultEnvironment, StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import type { McpTransport } from '../../config/mcp-settings.ts';
import { LineBuffer } from './line-buffer.ts';

type StdioSettings = Extract<McpTransport, { kind: 'stdio' }>;

/** A program that writes a longer message is ended. */
const MAX_MESSAGE_BYTES = 10_485_760;
/** The time that a program has to end after its input is closed, and again after SIGTERM. */
const EXIT_GRACE_MS = 2_000;

/** Runs a server's program. Its environment has only the variables that every program needs and those of its settings. */
export function stdioTransport({ command, args, env, cwd }: StdioSettings): Transport {
  const all = { ...getDefaultEnvironment(), ...env };
  if (process.platform !== 'win32') return new ProcessGroupTransport(command, args, all, cwd);
  const options = { command, args: [...args], env: all, stderr: 'ignore' as const, maxBufferSize: MAX_MESSAGE_BYTES };
  return new StdioClientTransport({ ...options, cwd });
}

/**
 * Runs the program in its own process group, so that `close` also ends the processes that it has started. The SDK's own
 * transport leaves the grandchildren of `npx` and of shell scripts running (typescript-sdk#2023).
 */
class ProcessGroupTransport implements Transport {
  onclose?: () => void;
  onerror?: (error: Error) => void;
  onmessage?: (message: JSONRPCMessage) => void;
  readonly #command: string;
  readonly #args: readonly string[];
  readonly #env: Readonly<Record<string, string>>;
  readonly #cwd: string;
  readonly #lines = new LineBuffer(MAX_MESSAGE_BYTES);
  readonly #exited = Promise.withResolvers<void>();
  #child: ChildProcess | undefined;
  #closing: Promise<void> | undefined;

  constructor(command: string, args: readonly string[], env: Readonly<Record<string, string>>, cwd: string) {
    this.#command = command;
    this.#args = args;
    this.#env = env;
    this.#cwd = cwd;
  }

  async start(): Promise<void> {
    const { promise: spawned, resolve, reject } = Promise.withResolvers<void>();
    // Standard error may quote user input, so it is not read.
    const stdio = ['pipe', 'pipe', 'ignore'] as const;
    const child = spawn(this.#command, this.#args, {
      stdio: [...stdio],
      env: { ...this.#env },
      cwd: this.#cwd,
      detached: true,
    });
    this.#child = child;
    child.once('spawn', resolve);
    child.once('error', (error) => {
      reject(error);
      this.#exited.resolve();
    });
    child.once('exit', () => this.#onExit());
    child.stdin?.on('error', (error) => this.onerror?.(error));
    child.stdout?.on('data', (chunk: Buffer) => this.#read(chunk));
    await spawned;
  }

  /** Resolves when the pipe has accepted the message. Rejects if the program has ended. */
  send(message: JSONRPCMessage): Promise<void> {
    const stdin = this.#child?.stdin;
    if (!stdin?.writable) return Promise.reject(new SdkError(SdkErrorCode.NotConnected, 'The program has ended'));
    return new Promise((resolve, reject) => {
      stdin.write(serializeMessage(message), (error) => (error ? reject(error) : resolve()));
    });
  }

  /** Ends the program and all processes that it has started. Safe to call twice. */
  close(): Promise<void> {
    this.#closing ??= this.#end();
    return this.#closing;
  }

  async #end(): Promise<void> {
    this.#child?.stdin?.end();
    if (!(await this.#hasExited())) {
      this.#kill('SIGTERM');
      await this.#hasExited();
    }
    this.#kill('SIGKILL');
    await this.#exited.promise;
  }

  async #hasExited(): Promise<boolean> {
    const late = Promise.withResolvers<boolean>();
    const timer = setTimeout(() => late.resolve(false), EXIT_GRACE_MS);
    try {
      return await Promise.race([this.#exited.promise.then(() => true), late.promise]);
    } finally {
      clearTimeout(timer);
    }
  }

  #onExit(): void {
    this.#kill('SIGKILL');
    this.#child?.stdout?.destroy();
    this.#lines.clear();
    this.#exited.resolve();
    this.onclose?.();
  }

  /** Signals the whole group, even after its first process has ended. */
  #kill(signal: NodeJS.Signals): void {
    const pid = this.#child?.pid;
    if (pid === undefined) {
      this.#exited.resolve(); // the program never started
      return;
    }
    try {
      process.kill(-pid, signal);
    } catch {
      // No process of the group is left.
    }
  }

  #read(chunk: Buffer): void {
    try {
      for (const line of this.#lines.add(chunk)) this.#accept(line);
    } catch (error) {
      this.onerror?.(error as Error);
      // Its calls end at once, not after the time that a program has to end by itself.
      this.#kill('SIGKILL');
    }
  }

  /** Skips lines that are not messages: many programs print a greeting. */
  #accept(line: string): void {
    let message: JSONRPCMessage;
    try {
      message = deserializeMessage(line);
    } catch (error) {
      this.onerror?.(error as Error);
      return;
    }
    this.onmessage?.(message);
  }
}
