import './node-version.js';
import type { App } from './app.ts';
import { type Config, LAST_SENDS_MS, readConfig } from './config/config.ts';
import { loadDotEnv } from './config/dot-env.ts';
import { BotError, ConfigError, systemCode } from './errors.ts';
import { findBuild, findInstallation, firstSteps, settingsFile } from './installation.ts';
import { captureConsole, createLogger } from './log.ts';
import { setDefaultProxy } from './proxy.ts';

/** A process group may get a signal twice, since the launcher forwards it. Within this time, both count as one. */
const SAME_SIGNAL_MS = 1_000;

const installation = findInstallation();
const config = loadConfig();
const log = createLogger(config.logLevel);
captureConsole(log);
const proxyNotices = setDefaultProxy(config.proxy, process.env);
// Log the notices first, since one may be the reason of a later failure.
for (const notice of [...proxyNotices, ...config.notices]) log.warn(notice);
// Loading the bot is most of a start, so invalid settings are reported before it.
const { createApp } = await import('./app.ts');
const { loadDatabase } = await import('./stores.ts');
const openDatabase = await loadDatabase(config);
const app = buildApp();

let isDraining = false;
let firstSignalAtMs: number | undefined;
for (const signal of ['SIGTERM', 'SIGINT'] as const)
  process.on(signal, () => {
    firstSignalAtMs ??= performance.now();
    if (performance.now() - firstSignalAtMs >= SAME_SIGNAL_MS) {
      log.warn({ signal }, 'process ended: second signal');
      process.exit(1);
    }
    void drain({ signal });
  });
// After either error the state of the process is unknown, so another process has to take over.
process.on('unhandledRejection', (err) => fail(err, 'unhandled rejection'));
process.on('uncaughtException', (err) => fail(err, 'uncaught exception'));

try {
  const port = await app.start();
  const { kind, model } = config.model;
  const storage = config.database === undefined ? 'memory' : 'postgres';
  log.info({ port, host: config.host ?? '*', model, kind, storage }, 'listening on /api/messages');
  void app.checkModel();
  if (config.onlyLoopback) log.info('unauthenticated access enabled for this machine only: MicrosoftAppId is not set');
  else if (!config.isAuthenticated)
    log.warn('unauthenticated access enabled: anyone who reaches this address can use the model');
} catch (err) {
  logStartFailure(err);
  process.exit(1);
}

function loadConfig(): Config {
  try {
    return readConfig(process.env, loadDotEnv(process.env));
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`${error.message}\n${firstSteps(process.env, installation, error)}\n`);
    process.exit(1);
  }
}

function buildApp(): App {
  try {
    return createApp({ config, log, build: findBuild(), searchPath: process.env['PATH'], openDatabase });
  } catch (err) {
    const isIdentityRejected = err instanceof ConfigError && err.code === 'identity_rejected';
    const hint = `: see MicrosoftAppType and the other MicrosoftApp… settings in ${settingsFile(installation)}`;
    log.fatal({ err }, `bot not started${isIdentityRejected ? hint : ''}`);
    process.exit(1);
  }
}

function logStartFailure(err: unknown): void {
  if (err instanceof BotError && err.code === 'functions_not_loaded') {
    log.fatal({ err }, 'bot not started: a file in src/tools/functions cannot be used');
    return;
  }
  const code = systemCode(err);
  const reason = listenFailure(code);
  if (reason === undefined) log.fatal({ err }, 'bot not started');
  else log.fatal({ code }, reason);
}

/**
 * Returns what to do if the bot cannot listen on its address; `undefined` if the code says nothing. If HOST is set,
 * every other code (EADDRNOTAVAIL, ENOTFOUND) is taken for a wrong HOST.
 */
function listenFailure(code: string | undefined): string | undefined {
  const { host, port } = config;
  if (code === 'EADDRINUSE') return `bot not started: port ${port} is in use; set PORT to another`;
  if (code === 'EACCES') return `bot not started: port ${port} is not open to this user; set PORT to another`;
  if (host === undefined || code === undefined) return undefined;
  return `bot not started: HOST is not an address of this machine ("${host}"); unset it, or set 0.0.0.0 for all addresses`;
}

function fail(err: unknown, fault: string): void {
  log.fatal({ err }, fault);
  process.exitCode = 1;
  void drain({ fault });
}

/** Drains once, then ends the process with `process.exitCode`. */
async function drain(reason: object): Promise<void> {
  if (isDraining) return;
  isDraining = true;
  log.info({ ...reason, drainMs: config.drainMs }, 'drain started');
  setTimeout(() => {
    log.fatal('drain timed out with replies unsent');
    process.exit(1);
  }, config.drainMs + LAST_SENDS_MS).unref();
  try {
    await app.close();
    log.info('bot stopped');
  } catch (err) {
    log.fatal({ err }, 'drain failed');
    process.exitCode = 1;
  }
  process.exit();
}
