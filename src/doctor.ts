import './node-version.js';
import { systemClock } from './clock.ts';
import { type Config, readConfig } from './config/config.ts';
import { loadDotEnv } from './config/dot-env.ts';
import { fail as failure } from './doctor/check.ts';
import { createCheckSuite } from './doctor/checks.ts';
import { redactor } from './doctor/redact.ts';
import { jsonLine, reportLine, summaryLine } from './doctor/report.ts';
import { runChecks } from './doctor/run.ts';
import { usageOf, WHOSE_SETTINGS } from './doctor/usage.ts';
import { ConfigError } from './errors.ts';
import { randomIds } from './ids.ts';
import { findInstallation, firstSteps } from './installation.ts';
import { captureConsole, createLogger, LOG_LEVELS } from './log.ts';
import { setDefaultProxy } from './proxy.ts';
import { readOptions } from './read-options.ts';
import { entraIdTokens } from './realtime/endpoint.ts';

// `npm run doctor`: tries everything that the bot needs, with the bot's own settings and parts, and says what to do.

const installed = findInstallation();
const UNREADABLE = 2;
/** What a shell says of a program that Ctrl-C ended. */
const INTERRUPTED = 130;

function loadConfig(): Config {
  try {
    return readConfig(process.env, undefined, loadDotEnv(process.env));
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const fix = firstSteps(process.env, installed, 'npm run doctor', error);
    const report = { name: 'configuration', tookMs: 0 };
    if (json)
      for (const problem of error.problems) print(jsonLine({ ...report, finding: failure(problem, fix) }, styleNow()));
    else process.stderr.write(`${error.message}\n${fix}\n`);
    process.exit(UNREADABLE);
  }
}

/** Removes the secrets that the environment holds by now. */
function styleNow() {
  return { isTerminal: process.stdout.isTTY && !process.env['NO_COLOR'], clean: redactor(process.env) };
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

process.on('SIGINT', () => process.exit(INTERRUPTED));
// Nobody reads any more.
process.stdout.on('error', () => process.exit(1));

const options = readOptions(usageOf(installed), { json: { type: 'boolean' } }, UNREADABLE);
// What npm makes of `npm run doctor --json`, where the dashes in between were forgotten.
const isNpmAsked = process.env['npm_lifecycle_event'] === 'doctor' && process.env['npm_config_json'] === 'true';
const json = options.json ?? isNpmAsked;
// Of the environment, not of .env: there it is the bot's, and its lines would stand between these.
const asked = process.env['LOG_LEVEL']?.toLowerCase();
const log = createLogger(LOG_LEVELS.find((level) => level === asked) ?? 'silent', process.stderr);
captureConsole(log);
const config = loadConfig();
const style = styleNow();
setDefaultProxy(config.proxy, process.env);
const examination = createCheckSuite({
  config,
  env: process.env,
  folder: process.cwd(),
  installed,
  clock: systemClock,
  ids: randomIds,
  log,
  tokens: entraIdTokens,
});
// What hangs may hold nothing that keeps the process; its time has to come all the same.
setInterval(() => {}, 60_000);

const onReport = (report: Parameters<typeof reportLine>[0]) =>
  print(json ? jsonLine(report, style) : reportLine(report, style));
const reports = await runChecks(examination.checks, { clock: systemClock, log, onReport });
examination.close();
if (!json) print(`${summaryLine(reports)}\n${WHOSE_SETTINGS}`);
const hasFailed = reports.some(({ finding }) => finding.status === 'fail');
// After the last line is out, also where it goes into a pipe.
process.stdout.write('', () => process.exit(hasFailed ? 1 : 0));
