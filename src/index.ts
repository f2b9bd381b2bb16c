import './node-version.js';
import { type App, createApp } from './app.ts';
import { type Config, LAST_SENDS_MS, readConfig } from './config/config.ts';
import { loadDotEnv } from './config/dot-env.ts';
import { ConfigError, systemCode } from './errors.ts';
import { findBuild, findInstallation, firstSteps, settingsFile } from './installation.ts';
import { captureConsole, createLogger } from './log.ts';
import { setDefaultProxy } from './proxy.ts';
import { loadDatabase, type OpenDatabase } from './stores.ts';

/** A process group is sent a signal that the launcher forwards once more: within this time both are one. */
const SAME_SIGNAL_MS = 1_000;

function loadConfig(): Config {
  try {
    return readConfig(process.env, undefined, loadDotEnv(process.env));
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`${error.message}\n${firstSteps(process.env, findInstallation(), 'npm start', error)}\n`);
    process.exit(1);
  }
}

const config = loadConfig();
const log = createLogger(config.logLevel);
captureConsole(log);
const proxyNotice = setDefaultProxy(config.proxy, process.env);
// Before all that can fail: they may say why it does.
for (const notice of [proxyNotice ?? [], config.notices].flat()) log.warn(notice);

/** What to do where the system does not let it listen; `undefined`: not known. */
function whyNotListening(err: unknown): string | undefined {
  const { host, port } = config;
  const code = systemCode(err);
  if (code === 'EADDRINUSE') return `port ${port} is in use: set PORT to another`;
  if (code === 'EACCES') return `port ${port} is not open to this user: set PORT to another`;
  if (host === undefined || code === undefined) return undefined;
  return `cannot listen: HOST is no address of this machine ("${host}"); unset it, or set 0.0.0.0 for all addresses`;
}

/** botbuilder has checks of its own on the bot's identity. */
function build(openDatabase: OpenDatabase | undefined): App {
  try {
    return createApp({ config, log, build: findBuild(), searchPath: process.env['PATH'], openDatabase });
  } catch (err) {
    const reason = err instanceof Error ? err.message : String(err);
    const file = settingsFile(findInstallation());
    log.fatal(
      { reason },
      `the bot's identity cannot be used: see MicrosoftAppType and the other MicrosoftApp… settings in ${file}`,
    );
    process.exit(1);
  }
}

const app = build(await loadDatabase(config));

let isDraining = false;
let firstSignalAtMs: number | undefined;

/** Drains once, then ends the process with the exit code that is set by then. */
async function drain(reason: object): Promise<void> {
  if (isDraining) return;
  isDraining = true;
  log.info({ ...reason, drainMs: config.drainMs }, 'draining');
  setTimeout(() => {
    log.fatal('ended before every answer was out');
    process.exit(1);
  }, config.drainMs + LAST_SENDS_MS).unref();
  try {
    await app.close();
    log.info('stopped');
  } catch (err) {
    log.fatal({ err }, 'drain failed');
    process.exitCode = 1;
  }
  process.exit();
}

for (const signal of ['SIGTERM', 'SIGINT'] as const)
  process.on(signal, () => {
    firstSignalAtMs ??= performance.now();
    if (performance.now() - firstSignalAtMs >= SAME_SIGNAL_MS) {
      log.warn({ signal }, 'second signal, ending at once');
      process.exit(1);
    }
    void drain({ signal });
  });

// The state of the process is unknown after either of them, so another process has to take over.
function fail(err: unknown, fault: string): void {
  log.fatal({ err }, fault);
  process.exitCode = 1;
  void drain({ fault });
}
process.on('unhandledRejection', (err) => fail(err, 'unhandled rejection'));
process.on('uncaughtException', (err) => fail(err, 'uncaught exception'));

try {
  const port = await app.start();
  const { kind, model } = config.model;
  const storage = config.database === undefined ? 'memory' : 'postgres';
  log.info({ port, host: config.host ?? '*', model, kind, storage }, 'listening on /api/messages');
  void app.checkModel();
  if (config.onlyLoopback) {
    log.info('no MicrosoftAppId: only clients on this machine are served');
  } else if (!config.isAuthenticated) {
    log.warn('no MicrosoftAppId: whoever reaches this address can use the model');
  }
} catch (err) {
  const reason = whyNotListening(err);
  if (reason === undefined) log.fatal({ err }, 'cannot listen');
  else log.fatal({ code: systemCode(err) }, reason);
  process.exit(1);
}
