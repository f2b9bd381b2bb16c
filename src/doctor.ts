import './node-version.js';
import { systemClock } from './clock.ts';
import { type Config, readConfig } from './config/config.ts';
import { loadDotEnv } from './config/dot-env.ts';
import { fail, warn } from './doctor/check.ts';
import { redactor } from './doctor/redact.ts';
import { jsonLine, reportLine, summaryLine } from './doctor/report.ts';
import { type CheckReport, runChecks } from './doctor/run.ts';
import { ConfigError } from './errors.ts';
import { randomIds } from './ids.ts';
import { findInstallation, firstSteps } from './installation.ts';
import { captureConsole, createLogger, LOG_LEVELS } from './log.ts';
import { setDefaultProxy } from './proxy.ts';
import { readOptions } from './read-options.ts';

// `npm run doctor` tries everything that the bot needs, with the bot's own settings and modules, and says what to do.

const INVALID_SETTINGS = 2;
/** The exit code of a program that Ctrl-C ended. */
const INTERRUPTED = 130;
/** A running bot has not read later changes of .env. */
const SETTINGS_NOTE =
  'These are the settings of this shell and of .env; a running bot keeps the settings it was started with.';

const installation = findInstallation();
process.on('SIGINT', () => process.exit(INTERRUPTED));
// The reader of a pipe has gone.
process.stdout.on('error', () => process.exit(1));

const options = readOptions(usage(), { json: { type: 'boolean' } }, INVALID_SETTINGS);
// npm takes the option of `npm run doctor --json` for its own.
const isNpmOption = process.env['npm_lifecycle_event'] === 'doctor' && process.env['npm_config_json'] === 'true';
const isJson = options.json ?? isNpmOption;
// Read the environment only: the level in .env is the bot's, and its lines would appear between the reports.
const level = process.env['LOG_LEVEL']?.toLowerCase();
const log = createLogger(LOG_LEVELS.find((each) => each === level) ?? 'silent', process.stderr);
captureConsole(log);
const settings = loadConfig();
// The configuration check reports the notices.
const notices = [...setDefaultProxy(settings.proxy, process.env), ...settings.notices];
// The checks load most of the bot, so invalid settings are reported before them.
const { CHECKS, createContext } = await import('./doctor/checks.ts');
const { entraIdTokens } = await import('./realtime/endpoint.ts');
const context = createContext({
  config: { ...settings, notices },
  env: process.env,
  folder: process.cwd(),
  installation,
  clock: systemClock,
  ids: randomIds,
  log,
  tokens: entraIdTokens,
});
// Keeps the process alive until the time limit of a check that hangs.
setInterval(() => {}, 60_000);

const reports: CheckReport[] = [];
await runChecks(CHECKS, context, (report) => {
  reports.push(report);
  print(report);
});
if (!isJson) process.stdout.write(`${summaryLine(reports)}\n${SETTINGS_NOTE}\n`);
const hasFailed = reports.some(({ finding }) => finding.status === 'fail');
// The callback runs once a pipe has taken the last line.
process.stdout.write('', () => process.exit(hasFailed ? 1 : 0));

function loadConfig(): Config {
  try {
    return readConfig(process.env, loadDotEnv(process.env));
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const fix = firstSteps(process.env, installation, error);
    if (!isJson) process.stderr.write(`${error.message}\n${fix}\n`);
    else {
      const findings = [
        ...error.problems.map((problem) => fail(problem, fix)),
        ...error.notices.map((notice) => warn(notice, fix)),
      ];
      for (const finding of findings) print({ name: 'configuration', finding, tookMs: 0 });
    }
    process.exit(INVALID_SETTINGS);
  }
}

function print(report: CheckReport): void {
  const isTerminal = process.stdout.isTTY && !process.env['NO_COLOR'];
  const style = { isTerminal, clean: redactor(process.env) };
  process.stdout.write(`${isJson ? jsonLine(report, style) : reportLine(report, style)}\n`);
}

/** The text of `--help`. */
function usage(): string {
  const isProject = installation === 'project';
  return `Usage: ${isProject ? 'npm run doctor -- [--json]' : 'node dist/doctor.js [--json]'}

Tests on this machine what the bot is configured for: the model (two short spoken turns, which cost about a cent), the
database, Blob Storage, the MCP servers (their programs are started), the documents, the bot's identity, its public address,
its telemetry (one metric is sent) and the Teams package. Each check prints one line; a warning or failure also says
what to do. Secrets are never printed.${isProject ? ' Where the bot is deployed: node dist/doctor.js' : ''}

${SETTINGS_NOTE}

  --json   one JSON object a line
  --help   print this

Exit code: 0 nothing failed, 1 something failed, 2 the configuration is invalid. LOG_LEVEL=debug before the
command (not in .env) writes the log, to standard error.`;
}
