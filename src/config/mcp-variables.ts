import type { Env } from './env.ts';

/** `${NAME}`, `${env:NAME}`, `${NAME:-default}`, and the `${input:id}` of VS Code, which asks for it there. */
const VARIABLE = /\$\{(?:(env|input):)?([A-Za-z_][\w.-]*)(?::-([^}]*))?\}/g;

/** The text with its variables replaced, and the names of those that are not set. */
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
