import '../node-version.js';
import { parseArgs } from 'node:util';
import { systemClock } from '../clock.ts';
import { type Config, readConfig } from '../config.ts';
import { fail as failure } from '../doctor/check.ts';
import { createExamination } from '../doctor/checks.ts';
import { jsonLine, reportLine, summaryLine } from '../doctor/report.ts';
import { runChecks } from '../doctor/run.ts';
import { secretsRemover } from '../doctor/secrets.ts';
import { loadDotEnv } from '../env.ts';
import { ConfigError } from '../errors.ts';
import { randomIds } from '../ids.ts';
import { captureConsole, createLogger, LOG_LEVELS } from '../log.ts';
import { entraIdTokens } from '../realtime/endpoint.ts';
import { namesModel } from './chat-settings.ts';

// `npm run doctor`: tries everything that the bot needs, with the bot's own settings and parts, and says what to do.

const USAGE = `Usage: npm run doctor -- [--json]

Tries what the bot is set up for, from here: the model (two short spoken turns, which cost about a cent), the storage, the
bot's identity, its public address, and the Teams package. One line for each check, and below a failure what to do.
Secrets are never printed. Where the bot is deployed: node dist/doctor.js

  --json   one JSON object a line
  --help   print this

Exit code: 0 nothing failed, 1 something failed, 2 the configuration cannot be read. LOG_LEVEL=debug in front of the
command (not in .env) writes the log, to standard error.`;

const TO_BEGIN = `To begin: cp .env.example .env, and set AZURE_OPENAI_ENDPOINT and AZURE_OPENAI_DEPLOYMENT_NAME in it. Without an account:
npm run simulator, and in another terminal
AZURE_OPENAI_ENDPOINT=http://127.0.0.1:8790 AZURE_OPENAI_DEPLOYMENT_NAME=simulator AZURE_OPENAI_API_KEY=any npm run doctor`;

const UNREADABLE = 2;
/** What a shell says of a program that Ctrl-C ended. */
const INTERRUPTED = 130;

function readOptions(): { json: boolean; help: boolean } {
  try {
    const { values } = parseArgs({ options: { json: { type: 'boolean' }, help: { type: 'boolean' } } });
    return { json: values.json ?? false, help: values.help ?? false };
  } catch (error) {
    const reason = error instanceof Error ? error.message.split(/\.\s/)[0] : String(error);
    process.stderr.write(`${reason}. Usage: npm run doctor -- [--json]\n`);
    process.exit(UNREADABLE);
  }
}

function loadConfig(): Config {
  try {
    return readConfig(process.env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const todo = namesModel(process.env) ? 'Every setting is described in .env.example.' : TO_BEGIN;
    const report = { name: 'configuration', tookMs: 0 };
    if (json)
      for (const problem of error.problems) print(jsonLine({ ...report, finding: failure(problem, todo) }, style));
    else process.stderr.write(`${error.message}\n${todo}\n`);
    process.exit(UNREADABLE);
  }
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

process.on('SIGINT', () => process.exit(INTERRUPTED));
// Nobody reads any more.
process.stdout.on('error', () => process.exit(1));

const { json, help } = readOptions();
if (help) {
  print(USAGE);
  process.exit(0);
}
// Of the surroundings, not of .env: there it is the bot's, and its lines would stand between these.
const asked = process.env['LOG_LEVEL']?.toLowerCase();
const log = createLogger(LOG_LEVELS.find((level) => level === asked) ?? 'silent', process.stderr);
captureConsole(log);
loadDotEnv(process);

const isTerminal = process.stdout.isTTY && !process.env['NO_COLOR'];
const style = { isTerminal, clean: secretsRemover(process.env) };
const examination = createExamination({
  config: loadConfig(),
  env: process.env,
  folder: process.cwd(),
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
if (!json) print(summaryLine(reports));
const hasFailed = reports.some(({ finding }) => finding.status === 'fail');
// After the last line is out, also where it goes into a pipe.
process.stdout.write('', () => process.exit(hasFailed ? 1 : 0));
