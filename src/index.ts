import './node-version.js';
import { type App, createApp } from './app.ts';
import { type Config, readConfig } from './config.ts';
import { loadDotEnv } from './env.ts';
import { ConfigError } from './errors.ts';
import { findInstallation, firstSteps, settingsFile } from './installation.ts';
import { captureConsole, createLogger } from './log.ts';

/** After the grace for running turns: the time for the last replies to go out. */
const LAST_SENDS_MS = 20_000;

function loadConfig(): Config {
  loadDotEnv(process);
  try {
    return readConfig(process.env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`${error.message}\n${firstSteps(process.env, findInstallation(), 'npm start')}\n`);
    process.exit(1);
  }
}

const config = loadConfig();
const log = createLogger(config.logLevel);
captureConsole(log);

// Nothing below is expected to throw unseen. Should it, one conversation is hurt and not all of them.
process.on('unhandledRejection', (err) => log.fatal({ err }, 'unhandled rejection'));
process.on('uncaughtException', (err) => log.fatal({ err }, 'uncaught exception'));

/** botbuilder has checks of its own on the bot's identity. */
function build(): App {
  try {
    return createApp({ config, log, searchPath: process.env['PATH'] });
  } catch (err) {
    const reason = err instanceof Error ? err.message : String(err);
    const file = settingsFile(findInstallation());
    log.fatal({ reason }, `the bot's identity cannot be used: see MicrosoftAppType and its companions in ${file}`);
    process.exit(1);
  }
}

const app = build();

let isStopping = false;
async function stop(signal: string): Promise<void> {
  if (isStopping) {
    log.warn({ signal }, 'second signal, ending at once');
    process.exit(1);
  }
  isStopping = true;
  log.info({ signal, drainMs: config.drainMs }, 'draining');
  setTimeout(() => {
    log.fatal('ended before every answer was out');
    process.exit(1);
  }, config.drainMs + LAST_SENDS_MS).unref();
  await app.close();
  log.info('stopped');
  process.exit(0);
}
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void stop(signal));

try {
  const port = await app.start();
  for (const notice of config.notices) log.warn(notice);
  const { kind, model } = config.model;
  log.info({ port, host: config.host ?? '*', model, kind, storage: config.storage.kind }, 'listening on /api/messages');
  if (config.onlyLoopback) {
    log.info('no MicrosoftAppId: only clients on this machine are served');
  } else if (!config.isAuthenticated) {
    log.warn('no MicrosoftAppId: whoever reaches this address can use the model');
  }
} catch (err) {
  log.fatal({ err }, 'cannot listen: is another program on this port? Set PORT to use another');
  process.exit(1);
}
