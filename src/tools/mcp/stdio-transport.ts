import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { setTimeout } from 'node:timers/promises';
import type { JSONRPCMessage, Transport } from '@modelcontextprotocol/client';
import { ReadBuffer, SdkError, SdkErrorCode, serializeMessage } from '@modelcontextprotocol/client';
import { getDefaultEnvironment, StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import type { McpTransport } from '../../config/mcp-settings.ts';

type StdioSettings = Extract<McpTransport, { kind: 'stdio' }>;

/** A program that writes a longer message is ended. */
const MAX_MESSAGE_BYTES = 10_485_760;
/** The time that a program has to end after its input is closed, and again after SIGTERM. */
const EXIT_GRACE_MS = 2_000;

/**
 * Runs a server's program. Its environment has only the variables that every program needs and those of its settings.
 */
export function stdioTransport(settings: StdioSettings): Transport {
  if (process.platform !== 'win32') return new ProcessGroupTransport(settings);
  const { command, args, env, cwd } = settings;
  const options = { stderr: 'ignore' as const, maxBufferSize: MAX_MESSAGE_BYTES };
  return new StdioClientTransport({ command, args: [...args], env: { ...env }, cwd, ...options });
}

/**
 * Runs the program in its own process group, so that `close` also ends the processes that it has started. The SDK's own
 * transport leaves the grandchildren of `npx` and of shell scripts running (typescript-sdk#2023).
 */
class ProcessGroupTransport implements Transport {
  onclose?: () => void;
  onerror?: (error: Error) => void;
  onmessage?: (message: JSONRPCMessage) => void;
  readonly #settings: StdioSettings;
  readonly #buffer = new ReadBuffer({ maxBufferSize: MAX_MESSAGE_BYTES });
  readonly #exited = Promise.withResolvers<true>();
  #child: ChildProcessByStdio<Writable, Readable, null> | undefined;
  #closing: Promise<void> | undefined;

  constructor(settings: StdioSettings) {
    this.#settings = settings;
  }

  async start(): Promise<void> {
    const { command, args, env, cwd } = this.#settings;
    const child = spawn(command, args, {
      // Standard error may quote user input, so it is not read.
      stdio: ['pipe', 'pipe', 'ignore'],
      env: { ...getDefaultEnvironment(), ...env },
      cwd,
      detached: true,
    });
    this.#child = child;
    child.on('error', (error) => this.onerror?.(error));
    child.once('exit', () => this.#onExit(child.stdout));
    // Without free file descriptors there are no pipes, and `spawn` fails below.
    child.stdin?.on('error', (error) => this.onerror?.(error));
    child.stdout?.on('data', (chunk: Buffer) => this.#read(chunk));
    await once(child, 'spawn');
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
    // A program that was not found has no id and does not exit.
    if (this.#child?.pid === undefined) return;
    this.#child.stdin.end();
    if (!(await this.#exitsInTime())) {
      this.#kill('SIGTERM');
      await this.#exitsInTime();
    }
    this.#kill('SIGKILL');
    await this.#exited.promise;
  }

  #exitsInTime(): Promise<boolean> {
    return Promise.race([this.#exited.promise, setTimeout(EXIT_GRACE_MS, false, { ref: false })]);
  }

  /** Another process of the group may keep the pipe open. */
  #onExit(stdout: Readable): void {
    this.#kill('SIGKILL');
    stdout.destroy();
    this.#exited.resolve(true);
    this.onclose?.();
  }

  /** Signals the whole group, even after its first process has ended. */
  #kill(signal: NodeJS.Signals): void {
    const pid = this.#child?.pid;
    try {
      if (pid !== undefined) process.kill(-pid, signal);
    } catch {
      // No process of the group is left.
    }
  }

  #read(chunk: Buffer): void {
    try {
      this.#buffer.append(chunk);
    } catch (error) {
      this.onerror?.(error as Error);
      // Kill at once: running calls must not wait for EXIT_GRACE_MS.
      this.#kill('SIGKILL');
    }
    while (this.#deliver());
  }

  /** Returns false if no whole line is left. Skips lines that are not messages: many programs print a greeting. */
  #deliver(): boolean {
    try {
      const message = this.#buffer.readMessage();
      if (message !== null) this.onmessage?.(message);
      return message !== null;
    } catch (error) {
      this.onerror?.(error as Error);
      return true;
    }
  }
}
