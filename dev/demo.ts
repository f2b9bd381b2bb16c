import '../src/node-version.js';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ConfigError } from '../src/errors.ts';
import { exitWithUsage, readOptions } from '../src/read-options.ts';
import { Children, type ChildSpec } from './children.ts';
import { serveDemoPage } from './demo-page/serve-demo-page.ts';
import { type DemoSettings, readDemoSettings } from './demo-settings.ts';
import { type DirectLine, startDirectLine } from './direct-line/direct-line.ts';
import { freePort, portNotice } from './ports.ts';
import { SIMULATED_RESOURCE } from './simulator/resource.ts';

// `npm run demo`: the bot, a simulated model and a chat page, without an account.

const BOT_PORT = 3978;
const PAGE_PORT = 3979;
const PLAYGROUND_PORT = 56150;
/** A deployment name that the simulator accepts, and a model that has a price. */
const MODEL = 'gpt-realtime';

/** The chat pages. */
const CLIENTS = ['webchat', 'playground'] as const;
type Client = (typeof CLIENTS)[number];
/** The channels that the Playground can stand for. */
const CHANNELS = ['webchat', 'msteams'] as const;
type Channel = (typeof CHANNELS)[number];

const USAGE = `Usage: npm run demo -- [--client CLIENT] [--channel CHANNEL]

Starts the bot, a simulated model and a chat page on this machine, without an account.

  --client webchat      open a page with Microsoft's Web Chat and things to try (default without --channel)
  --client playground   open Microsoft 365 Agents Playground
  --channel msteams     open the Playground, which simulates Teams with cards
  --channel webchat     open the Playground, which simulates Web Chat
  --help                print this

REALTIME_VOICE and REALTIME_INSTRUCTIONS, from the shell or .env, set the voice and the prompt. MCP_CONFIG and
DOCUMENTS_FOLDER, from the shell only, give the bot tools. The demo passes on the variables that the file of MCP_CONFIG
names. It ignores all other settings of the bot.
Ctrl-C stops everything. LOG_LEVEL=info before the command shows the log of the bot.`;

const options = readOptions(USAGE, { client: { type: 'string' }, channel: { type: 'string' } });
const client = oneOf<Client>('--client', CLIENTS, options.client ?? (options.channel ? 'playground' : 'webchat'));
const channel = oneOf<Channel>('--channel', CHANNELS, options.channel ?? 'webchat');
if (client === 'webchat' && channel === 'msteams')
  exitWithUsage('--channel msteams needs --client playground: Web Chat cannot stand for Teams', USAGE);

const settings = readSettings();
const preferredPagePort = client === 'webchat' ? PAGE_PORT : PLAYGROUND_PORT;
const root = fileURLToPath(new URL('../', import.meta.url));
const preload = ['--import', new URL('../src/node-version.js', import.meta.url).href];
/** Below `warn` the whole log of the bot is shown, else only warnings and errors. */
const logLevel = process.env['LOG_LEVEL'];
const isVerbose = logLevel === 'info' || logLevel === 'debug' || logLevel === 'trace';
const print = (line: string) => void process.stdout.write(`${line}\n`);

/** An empty working folder: without the developer's .env, and for the files that the Playground writes. */
const workDir = mkdtempSync(join(tmpdir(), 'realtime-voice-bot-'));

const children = new Children({
  print,
  onDied: (name, lastLines) => {
    print([`The ${name} ended unexpectedly.`, ...lastLines].join('\n  '));
    void stop(1);
  },
});
let directLine: DirectLine | undefined;

let isStopping = false;
async function stop(exitCode: number): Promise<void> {
  if (isStopping) return;
  isStopping = true;
  if (exitCode === 0) print('\nStopping …');
  await Promise.all([children.close(), directLine?.close()]);
  rmSync(workDir, { recursive: true, force: true });
  process.exit(exitCode);
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    void stop(0);
  });
}

// The reader of the output is gone.
process.stdout.on('error', () => void stop(1));

function oneOf<T extends string>(name: string, values: readonly T[], value: string): T {
  return (
    values.find((each) => each === value) ??
    exitWithUsage(`${name} is "${value}"; expected one of ${values.join(', ')}`, USAGE)
  );
}

function readSettings(): DemoSettings {
  try {
    return readDemoSettings(process.env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  }
}

async function startAll(): Promise<void> {
  for (const notice of settings.notices) print(notice);
  print('Starting the simulated model, the bot and a chat page …');
  const simulatorPort = await freePort(0);
  const pagePort = await freePort(preferredPagePort);
  const [bot] = await Promise.all([startBot(simulatorPort, pagePort), startSimulator(simulatorPort)]);
  const page = await startClient(endpointOf(bot), pagePort);
  printAddresses(bot, page);
}

function endpointOf(bot: number): string {
  return `http://127.0.0.1:${bot}/api/messages`;
}

function startSimulator(port: number): Promise<string> {
  return children.start({
    name: 'simulator',
    args: [...preload, `${root}dev/simulator.ts`],
    env: { PORT: String(port), LOG_LEVEL: 'warn' },
    cwd: workDir,
    readyLine: /at http:/,
    isShown: () => false,
  });
}

/** Resolves with the port of the bot. */
function startBot(simulatorPort: number, pagePort: number): Promise<number> {
  return startOn(BOT_PORT, (port) => ({
    name: 'bot',
    args: [...preload, `${root}src/index.ts`],
    env: botEnv(port, simulatorPort, pagePort),
    readyLine: /"listening on /,
    isShown: (line) => /"level":"(?:warn|error|fatal)"/.test(line) || isVerbose,
  }));
}

/** Resolves with the port of the chat page. */
async function startClient(botEndpoint: string, port: number): Promise<number> {
  switch (client) {
    case 'webchat': {
      const servePage = serveDemoPage({ voice: settings.voice, hasMcpServers: 'MCP_CONFIG' in settings.env });
      directLine = await startDirectLine({ botEndpoint, servePage, port });
      return Number(new URL(directLine.url).port);
    }
    case 'playground':
      return startPlayground(botEndpoint, port);
  }
}

function startPlayground(botEndpoint: string, preferred: number): Promise<number> {
  return startOn(preferred, (port) => ({
    name: 'playground',
    // The Playground can make the bot fetch from this machine and has no option for its address, so bind it to
    // loopback.
    args: [
      '--import',
      new URL('loopback-only.ts', import.meta.url).href,
      createRequire(import.meta.url).resolve('@microsoft/m365agentsplayground/cli.js'),
      '-e',
      botEndpoint,
      '-c',
      channel,
      '-p',
      String(port),
      '--dt',
    ],
    env: { BROWSER: 'none' },
    readyLine: /^Listening on \d+/,
    isShown: () => false,
  }));
}

/** Starts on the preferred port or another free one. Tries once more if another program takes the port first. */
async function startOn(preferred: number, spec: (port: number) => Omit<ChildSpec, 'cwd'>): Promise<number> {
  const port = await freePort(preferred);
  try {
    const line = await children.start({ ...spec(port), cwd: workDir });
    // The Playground chooses another port by itself if this one is taken, and prints it.
    return Number(/^Listening on (\d+)/.exec(line)?.[1] ?? port);
  } catch (error) {
    if (isStopping || preferred === 0) throw error;
    // If the port is still free, no other program has taken it: the failure has another cause.
    if ((await freePort(port)) === port) throw error;
    return startOn(0, spec);
  }
}

function botEnv(port: number, simulatorPort: number, pagePort: number): Record<string, string> {
  return {
    AZURE_OPENAI_ENDPOINT: `http://127.0.0.1:${simulatorPort}`,
    AZURE_OPENAI_DEPLOYMENT_NAME: MODEL,
    AZURE_OPENAI_API_KEY: SIMULATED_RESOURCE.key,
    ...settings.env,
    PORT: String(port),
    CHAT_PAGE_URL: `http://localhost:${pagePort}`,
    // The Playground plays audio cards only.
    WEBCHAT_AUDIO: client === 'playground' ? 'card' : 'attachment',
    EXAMPLE_TOOLS: 'true',
    DRAIN_SECONDS: '2',
    // The level is at least info, because the ready line has that level.
    LOG_LEVEL: logLevel === 'debug' || logLevel === 'trace' ? logLevel : 'info',
  };
}

/** The Playground opens no dialogs, which Play needs in Teams. */
const FIRST_STEP: Readonly<Record<Client, Readonly<Record<Channel, string>>>> = {
  webchat: {
    webchat: 'Open the page and press one of the things to try.',
    // Never shown: the options above exclude it.
    msteams: '',
  },
  playground: {
    webchat: 'Open the page, type "hello" and press play on the answer.',
    msteams:
      'Open the page, type "hello" and press "Open in browser" below the answer (Play and Save .wav need real Teams).',
  },
};

function printAddresses(bot: number, page: number): void {
  const botEndpoint = endpointOf(bot);
  const chatPage = `http://localhost:${page}`;
  for (const line of [...portNotice(BOT_PORT, bot, botEndpoint), ...portNotice(preferredPagePort, page, chatPage)])
    print(line);
  print(`
The bot is ready. Its model is a SIMULATOR with a computer voice. No account is used: prices, as in /usage, are those of the
real model.

  Chat page:              ${chatPage}
  Bot Framework Emulator: ${botEndpoint}  (leave app id and password empty)

Only this machine can connect to them.

${FIRST_STEP[client][channel]} "help" lists what the simulator knows.
Ctrl-C ends everything.
`);
}

startAll().catch((error: unknown) => {
  if (isStopping) return;
  print(`The demo could not start: ${error instanceof Error ? error.message : String(error)}`);
  void stop(1);
});
