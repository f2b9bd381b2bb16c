import type { Env } from './env.ts';

/** Matches `${NAME}`, `${env:NAME}`, `${NAME:-default}`, and `${input:id}`, for which VS Code asks its user. */
const VARIABLE = /\$\{(?:(env|input):)?([A-Za-z_][\w.-]*)(?::-([^}]*))?\}/g;

/** Returns the text with its variables replaced, and the names of variables that are not set. */
export function resolveVariables(
  text: string,
  env: Env,
): { readonly resolved: string; readonly missing: readonly string[] } {
  const missing: string[] = [];
  const resolved = text.replaceAll(VARIABLE, (_all, kind: string | undefined, name: string, fallback?: string) => {
    const variable = kind === 'input' ? `INPUT_${name.toUpperCase().replaceAll(/\W/g, '_')}` : name;
    const value = env[variable] || fallback;
    if (value === undefined) missing.push(variable);
    return value ?? '';
  });
  return { resolved, missing };
}
