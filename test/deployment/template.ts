import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';

export type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json };
export type JsonObject = { readonly [name: string]: Json };

/** A parameter as a template declares it. */
export interface Parameter {
  readonly type: string;
  readonly defaultValue?: Json;
  readonly allowedValues?: readonly Json[];
  readonly minValue?: number;
  readonly maxValue?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly metadata?: { readonly description?: string };
}

/** A resource as written or, with all expressions evaluated, as Resource Manager would request it. */
export type Resource = JsonObject & {
  readonly type: string;
  readonly apiVersion: string;
  readonly name: string;
  readonly condition?: Json;
  readonly scope?: string;
  readonly dependsOn?: readonly string[];
};

/** An ARM template. */
export interface Template {
  readonly $schema: string;
  readonly parameters: Readonly<Record<string, Parameter>>;
  readonly variables?: Readonly<Record<string, Json>>;
  readonly resources: readonly Resource[];
  readonly outputs?: Readonly<Record<string, { readonly type: string; readonly value: Json }>>;
}

/** The text of a file next to the templates. */
export function deploymentFile(name: string): string {
  return readFileSync(new URL(`../../deploymentTemplates/${name}`, import.meta.url), 'utf8');
}

/** Reads a template; with `from`, with a seeded fault in place of the first `from` in its text, which has to exist. */
export function readTemplate(name: string, from = '', to = ''): Template {
  const text = deploymentFile(name);
  assert.ok(text.includes(from), `"${from}" does not stand in ${name}`);
  return JSON.parse(text.replace(from, () => to));
}

/** Every text in a value, including field names, with the path to it. */
export function textsIn(value: unknown, path = ''): readonly (readonly [path: string, text: string])[] {
  if (typeof value === 'string') return [[path, value]];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) => {
    const own: [string, string][] = Array.isArray(value) ? [] : [[`${path}/${name}#name`, name]];
    return [...own, ...textsIn(inner, `${path}/${name}`)];
  });
}
