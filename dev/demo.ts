import '../src/node-version.js';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { endWrong, readOptions } from '../src/read-options.ts';
import { Children, type ChildSpec } from './children.ts';
import { freePort } from './ports.ts';
import { SIMULATED_RESOURCE } from './simulator/resource.ts';

// The bot, the model's simulator and Microsoft's Agents Playground as children of one command, without any account.

const BOT_PORT = 3978;
const PLAYGROUND_PORT = 56150;

/** As which channel the Playground stands for. */
const CHANNELS = ['webchat', 'msteams'] as const;
type Channel = (typeof CHANNELS)[number];

const USAGE = `Usage: npm run demo -- [--channel CHANNEL]

The bot, a simulator of its model and Microsoft's chat page on this machine, without any account.

  --channel webchat   the chat as Web Chat, which can play the answers (this is the default)
  --channel msteams   the chat as Teams shows it, with cards
  --help              print this

Ctrl-C ends everything. LOG_LEVEL=info in front of the command shows what the bot logs.`;

const asked = readOptions(USAGE, { channel: { type: 'string', default: 'webchat' } }).channel;
const channel: Channel =
  CHANNELS.find((each) => each === asked) ??
  endWrong(`--channel is "${asked}"; expected one of ${CHANNELS.join(', ')}`, USAGE);

const root = fileURLToPath(new URL('../', import.meta.url));
const preload = ['--import', new URL('../src/node-version.js', import.meta.url).href];
/** With LOG_LEVEL info or below, all that the bot logs is shown; else what an operator would have to look at. */
const logLevel = process.env['LOG_LEVEL'];
const isVerbose = logLevel === 'info' || logLevel === 'debug' || logLevel === 'trace';
const print = (line: string) => void process.stdout.write(`${line}\n`);

/** An empty folder to run in: no .env of the developer is read, and what the Playground writes goes with it. */
const workDir = mkdtempSync(join(tmpdir(), 'realtime-voice-bot-'));

const children = new Children({
  print,
  onDied: (name, lastLines) => {
    print(`The ${name} has ended. Its last lines:\n${lastLines.map((line) => `  ${line}`).join('\n')}`);
    void stop(1);
  },
});

let isStopping = false;
async function stop(exitCode: number): Promise<void> {
  if (isStopping) return;
  isStopping = true;
  await children.close();
  rmSync(workDir, { recursive: true, force: true });
  process.exit(exitCode);
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    print('\nStopping …');
    void stop(0);
  });
}

// Nobody reads any more: what was started must not outlive that.
process.stdout.on('error', () => void stop(1));

async function startAll(): Promise<void> {
  print('Starting the simulated model, the bot and Microsoft 365 Agents Playground …');
  const simulator = await startOn(0, (port) => ({
    name: 'simulator',
    args: [...preload, `${root}dev/simulator.ts`],
    env: { PORT: String(port), LOG_LEVEL: 'warn' },
    readyLine: /at http:/,
    isShown: () => false,
  }));
  const bot = await startOn(BOT_PORT, (port) => ({
    name: 'bot',
    args: [...preload, `${root}src/index.ts`],
    env: botEnv(port, simulator),
    readyLine: /"listening on /,
    isShown: (line) => /"level":"(?:warn|error|fatal)"/.test(line) || isVerbose,
  }));
  const playground = await startOn(PLAYGROUND_PORT, (port) => ({
    name: 'playground',
    // A person's own tool for trying bots: installed beside the bot, never part of it.
    // Whoever reaches it has the bot fetch from this machine; it can be told no address to listen on.
    args: [
      ...['--import', new URL('this-machine-only.ts', import.meta.url).href],
      createRequire(import.meta.url).resolve('@microsoft/m365agentsplayground/cli.js'),
      ...['-e', `http://127.0.0.1:${bot}/api/messages`, '-c', channel, '-p', String(port), '--dt'],
    ],
    env: { BROWSER: 'none' },
    readyLine: /^Listening on \d+/,
    isShown: () => false,
  }));
  tellWhereToGo(bot, playground);
}

/** Starts on the wanted port or another one; once more elsewhere, should somebody have been faster. */
async function startOn(wanted: number, spec: (port: number) => Omit<ChildSpec, 'cwd'>): Promise<number> {
  const port = await freePort(wanted);
  try {
    const line = await children.start({ ...spec(port), cwd: workDir });
    // The Playground goes to another port by itself when somebody was faster, and says so.
    return Number(/^Listening on (\d+)/.exec(line)?.[1] ?? port);
  } catch (error) {
    if (isStopping || wanted === 0) throw error;
    return startOn(0, spec);
  }
}

function botEnv(port: number, simulatorPort: number): Record<string, string> {
  return {
    AZURE_OPENAI_ENDPOINT: `http://127.0.0.1:${simulatorPort}`,
    AZURE_OPENAI_DEPLOYMENT_NAME: 'simulator',
    AZURE_OPENAI_API_KEY: SIMULATED_RESOURCE.key,
    PORT: String(port),
    WEBCHAT_AUDIO: 'card',
    DRAIN_SECONDS: '2',
    // At least info: by a line of that level the bot says that it listens.
    LOG_LEVEL: logLevel === 'debug' || logLevel === 'trace' ? logLevel : 'info',
  };
}

/** What to press to hear an answer. The Playground opens no dialogs, which is what Play does in Teams. */
const HOW_TO_LISTEN: Readonly<Record<Channel, string>> = {
  webchat: 'press play on the answer',
  msteams: 'press "Open in browser" below the answer (Play and Save .wav need Teams itself)',
};

function tellWhereToGo(bot: number, playground: number): void {
  print(`
The bot is ready. Its model is a SIMULATOR with a computer voice; no account is used.

  Chat page:              http://localhost:${playground}
  Bot Framework Emulator: http://127.0.0.1:${bot}/api/messages  (leave app id and password empty)

All of it answers this machine only.

Open the page, type "hello", and ${HOW_TO_LISTEN[channel]}. "help" lists what the simulator knows.
Ctrl-C ends everything.
`);
}

startAll().catch((error: unknown) => {
  if (isStopping) return;
  print(`The demo could not start: ${error instanceof Error ? error.message : String(error)}`);
  void stop(1);
});
