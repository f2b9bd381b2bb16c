import '../src/node-version.js';
import { createLogger, LOG_LEVELS, type Logger, type LogLevel } from '../src/log.ts';
import { readOptions } from '../src/read-options.ts';
import { SIMULATED_RESOURCE } from './simulator/resource.ts';
import { simulatedResponder } from './simulator/rules.ts';
import { startSimulator } from './simulator/simulator.ts';
import { openVoice } from './simulator/voice.ts';

// `npm run simulator`: the Realtime protocol on this machine, with an audible voice and no model.

const DEFAULT_PORT = 8790;
const MAX_PORT = 65_535;

const USAGE = `Usage: npm run simulator

The Realtime protocol of Azure OpenAI on this machine, with an audible voice and no model. Ctrl-C ends it.

It accepts the key "${SIMULATED_RESOURCE.key}" and the deployments "simulator" and "gpt-realtime". It refuses any
other key, any other deployment and "gpt-realtime-whisper", a model without this protocol, as Azure does. Use these to try
the advice of npm run doctor.

  --help   print this

Environment variables: PORT (${DEFAULT_PORT}; 0 for any free port), HOST (127.0.0.1), LOG_LEVEL (info).`;

interface Settings {
  readonly host: string;
  readonly port: number;
  readonly level: LogLevel;
}

/** The settings from the environment, or the problem with them. An empty variable counts as unset. */
function readSettings(env: NodeJS.ProcessEnv): Settings | string {
  const port = Number(env['PORT'] || DEFAULT_PORT);
  if (!Number.isInteger(port) || port < 0 || port > MAX_PORT) {
    return `PORT is ${JSON.stringify(env['PORT'])}; expected a number from 0 to ${MAX_PORT} (0: any free port).`;
  }
  const requested = env['LOG_LEVEL'] || 'info';
  const level = LOG_LEVELS.find((candidate) => candidate === requested);
  if (level === undefined)
    return `LOG_LEVEL is ${JSON.stringify(requested)}; expected one of ${LOG_LEVELS.join(', ')}.`;
  return { host: env['HOST'] || '127.0.0.1', port, level };
}

function fail(message: string): never {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}

/** Says what to do about the two usual errors; passes on any other. */
function describeListenError(error: unknown, { host, port }: Settings): string {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'EADDRINUSE') return `Port ${port} is in use. Set PORT to another one, or to 0 for any free port.`;
  if (code === 'EACCES') return `Port ${port} needs more privileges. Set PORT to one above 1023.`;
  return `The simulator cannot listen on ${host}, port ${port}: ${String(error)}`;
}

function welcome(url: string, voice: string): string {
  return [
    `This is a SIMULATOR of the Azure OpenAI Realtime API, at ${url} (voice: ${voice}). No model answers here.`,
    'To use it, put these four lines into .env:',
    `AZURE_OPENAI_ENDPOINT=${url}`,
    'AZURE_OPENAI_DEPLOYMENT_NAME=simulator',
    `AZURE_OPENAI_API_KEY=${SIMULATED_RESOURCE.key}`,
    'EXAMPLE_TOOLS=true',
    '',
  ].join('\n');
}

/** The first signal closes the simulator, the second one ends the process at once. */
function onSignals(close: () => Promise<void>, log: Logger): void {
  let isClosing = false;
  const onSignal = (signal: NodeJS.Signals) => {
    if (isClosing) process.exit(1);
    isClosing = true;
    log.info({ signal }, 'simulator closing');
    void close();
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
}

readOptions(USAGE, {});
const settings = readSettings(process.env);
if (typeof settings === 'string') fail(settings);
const log = createLogger(settings.level);
const voice = await openVoice({ log });
try {
  const { host, port } = settings;
  const simulator = await startSimulator({
    responder: simulatedResponder,
    voice,
    log,
    host,
    port,
    resource: SIMULATED_RESOURCE,
  });
  onSignals(async () => {
    await simulator.close();
    await voice.close();
  }, log);
  process.stdout.write(welcome(simulator.url, voice.name));
} catch (error) {
  await voice.close();
  fail(describeListenError(error, settings));
}
