import { createHash } from 'node:crypto';
import type { Json } from './template.ts';

/** A deployment for the tests, with made-up ids. */
export const TENANT = '11111111-1111-4111-8111-111111111111';
export const SUBSCRIPTION = '22222222-2222-4222-8222-222222222222';
const GROUP_ID = `/subscriptions/${SUBSCRIPTION}/resourceGroups/group`;

const hex = (args: readonly Json[]) => createHash('sha256').update(args.join('|')).digest('hex');

function number(value: Json | undefined): number {
  if (typeof value !== 'number' || !Number.isInteger(value)) throw new Error(`${JSON.stringify(value)} is no integer`);
  return value;
}

function truth(value: Json | undefined): boolean {
  if (typeof value !== 'boolean') throw new Error(`${JSON.stringify(value)} is no boolean`);
  return value;
}

function text(value: Json | undefined): string {
  if (typeof value !== 'string') throw new Error(`${JSON.stringify(value)} is no string`);
  return value;
}

function idBelow(base: string, [type, ...names]: readonly Json[]): string {
  const [provider, ...kinds] = text(type).split('/');
  if (kinds.length !== names.length)
    throw new Error(`${type} has ${kinds.length} names, and ${names.length} are given`);
  return [`${base}/providers/${provider}`, ...kinds.map((kind, index) => `${kind}/${text(names[index])}`)].join('/');
}

function format([pattern, ...values]: readonly Json[]): string {
  const used = new Set<number>();
  const filled = text(pattern).replace(/\{(\d+)\}/g, (_, index) => {
    used.add(Number(index));
    const value = values[Number(index)];
    if (value === undefined) throw new Error(`format has no value {${index}}`);
    return String(value);
  });
  if (used.size !== values.length) throw new Error(`format is given ${values.length} values and uses ${used.size}`);
  return filled;
}

/**
 * The functions of Resource Manager that the templates use, with made-up ids of realistic length.
 * https://learn.microsoft.com/azure/azure-resource-manager/templates/template-functions
 */
export const FUNCTIONS: Readonly<Record<string, (...args: Json[]) => Json>> = {
  and: (...values) => values.every(truth),
  add: (a, b) => number(a) + number(b),
  concat: (...parts) => parts.map(text).join(''),
  createArray: (...items) => items,
  div: (a, b) => Math.trunc(number(a) / number(b)),
  empty: (value) => (typeof value === 'string' || Array.isArray(value) ? value : [text(value)]).length === 0,
  equals: (a, b) => a === b,
  format: (...args) => format(args),
  guid: (...args) => hex(args).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*/, '$1-$2-$3-$4-$5'),
  length: (value) => {
    if (typeof value !== 'string' && !Array.isArray(value)) throw new Error(`${JSON.stringify(value)} has no length`);
    return value.length;
  },
  max: (...values) => Math.max(...values.map(number)),
  not: (value) => !truth(value),
  or: (...values) => values.some(truth),
  resourceGroup: () => ({ id: GROUP_ID, name: 'group', location: 'westeurope' }),
  resourceId: (...args) => idBelow(GROUP_ID, args),
  split: (value, separator) => text(value).split(text(separator)),
  startsWith: (value, start) => text(value).toLowerCase().startsWith(text(start).toLowerCase()),
  string: (value) => (typeof value === 'string' ? value : JSON.stringify(value)),
  subscription: () => ({ id: `/subscriptions/${SUBSCRIPTION}`, subscriptionId: SUBSCRIPTION, tenantId: TENANT }),
  subscriptionResourceId: (...args) => idBelow(`/subscriptions/${SUBSCRIPTION}`, args),
  toLower: (value) => text(value).toLowerCase(),
  uriComponent: (value) => encodeURIComponent(text(value)),
  uniqueString: (...args) => hex(args).slice(0, 13),
};

/** Functions that need more than their arguments. */
export const SPECIAL_FUNCTIONS = ['copyIndex', 'if', 'parameters', 'reference', 'variables'] as const;
