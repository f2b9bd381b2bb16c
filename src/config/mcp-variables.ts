import type { Env } from './env.ts';

/** Matches `${NAME}`, `${env:NAME}`, `${NAME:-default}`, and `${input:id}`, for which VS Code asks its user. */
const VARIABLE = /\$\{(?:(env|input):)?([A-Za-z_][\w.-]*)(?::-([^}]*))?\}/g;

/** Returns the names of the variables in the text. */
export function variablesIn(text: string): readonly string[] {
  return [...text.matchAll(VARIABLE)].map(([, kind, name = '']) => variableOf(kind, name));
}

/** Returns the text with its variables replaced, and the names of variables that are not set. */
export function resolveVariables(
  text: string,
  env: Env,
): { readonly resolved: string; readonly missing: readonly string[] } {
  const missing: string[] = [];
  const resolved = text.replaceAll(VARIABLE, (_all, kind: string | undefined, name: string, fallback?: string) => {
    const variable = variableOf(kind, name);
    const value = env[variable] || fallback;
    if (value === undefined) missing.push(variable);
    return value ?? '';
  });
  return { resolved, missing };
}

function variableOf(kind: string | undefined, name: string): string {
  return kind === 'input' ? `INPUT_${name.toUpperCase().replaceAll(/\W/g, '_')}` : name;
}
