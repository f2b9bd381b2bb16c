import type { Installation } from '../installation.ts';

/** The text of `--help`. */
export function usageOf(installed: Installation): string {
  const isProject = installed === 'project';
  return `Usage: ${isProject ? 'npm run doctor -- [--json]' : 'node dist/doctor.js [--json]'}

Tests on this machine what the bot is configured for: the model (two short spoken turns, which cost about a cent), the
database, Blob Storage, the MCP servers (their programs are started), the documents, the bot's identity, its public address,
its telemetry (one metric is sent) and the Teams package. Each check prints one line, and a failure also prints what to do.
Secrets are never printed.${isProject ? ' Where the bot is deployed: node dist/doctor.js' : ''}

${SETTINGS_NOTE}

  --json   one JSON object a line
  --help   print this

Exit code: 0 nothing failed, 1 something failed, 2 the configuration is invalid. LOG_LEVEL=debug before the
command (not in .env) writes the log, to standard error.`;
}

/** Also printed at the end: a running bot has not read later changes of .env. */
export const SETTINGS_NOTE =
  'These are the settings of this shell and of .env; a running bot keeps the settings it was started with.';
