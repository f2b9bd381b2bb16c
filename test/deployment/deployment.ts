import { type Expression, isExpression, parseExpression } from './expressions.ts';
import { FUNCTIONS, TENANT } from './functions.ts';
import { handedOver, templateIn, withoutTemplate } from './nested.ts';
import type { Json, JsonObject, Resource, Template } from './template.ts';

/** A template with values for its parameters, evaluated. */
export interface Deployment {
  /** The deployed resources, without those whose condition is false. */
  readonly resources: readonly Evaluated[];
  /** All resources. */
  readonly declared: readonly Evaluated[];
  readonly outputs: Readonly<Record<string, Json>>;
  readonly outputReferences: readonly Reference[];
}

/** The resource that an expression reads, and its API version. */
export interface Reference {
  readonly id: string;
  readonly apiVersion: string | undefined;
}

/** A resource with its id and the references in its expressions. */
export interface Evaluated {
  readonly id: string;
  readonly resource: Resource;
  readonly references: readonly Reference[];
  /** What has to exist before it, by its own dependencies and those of its deployment. */
  readonly awaited: readonly string[];
  /** The deployment inside the template that creates it; undefined for the template itself. */
  readonly within?: string;
}

export const CLIENT_ID = '33333333-3333-4333-8333-333333333333';
export const OUTBOUND_ADDRESSES = ['20.0.0.1', '20.0.0.2', '40.0.0.3'] as const;
export const PRINCIPAL_ID = '44444444-4444-4444-8444-444444444444';

/** Azure's answers about the referenced resources, by type. */
const TOLD: Readonly<Record<string, (name: string) => Json>> = {
  'Microsoft.ManagedIdentity/userAssignedIdentities': () => ({
    clientId: CLIENT_ID,
    principalId: PRINCIPAL_ID,
    tenantId: TENANT,
  }),
  'Microsoft.Storage/storageAccounts': (name) => ({
    primaryEndpoints: { blob: `https://${name}.blob.core.windows.net/` },
  }),
  'Microsoft.Insights/components': () => ({
    ConnectionString: `InstrumentationKey=${CLIENT_ID};IngestionEndpoint=https://westeurope-5.in.applicationinsights.azure.com/`,
  }),
  'Microsoft.DBforPostgreSQL/flexibleServers': (name) => ({
    fullyQualifiedDomainName: `${name}.postgres.database.azure.com`,
  }),
  'Microsoft.Web/sites': (name) => ({
    defaultHostName: `${name}.azurewebsites.net`,
    possibleOutboundIpAddresses: OUTBOUND_ADDRESSES.join(','),
  }),
};

/**
 * Evaluates a template. Throws an Error with the path of an invalid expression: an unknown name, a wrong number of
 * arguments, a missing field, a parameter without a value.
 */
export function deploy(template: Template, given: Readonly<Record<string, Json>> = {}): Deployment {
  const declared = evaluateAll(template, given);
  const left = new Set(declared.filter(({ resource }) => resource.condition === false).map(({ id }) => id));
  const scope = new Scope(template, given);
  const outputs = Object.entries(template.outputs ?? {}).map(([name, { value }]) => [
    name,
    scope.evaluate(value, `/outputs/${name}`),
  ]);
  return {
    resources: declared.filter(({ id, within }) => !left.has(id) && !left.has(within ?? '')),
    declared,
    outputs: Object.fromEntries(outputs),
    outputReferences: scope.references,
  };
}

/** All resources of a template, each nested deployment before the resources that it creates. */
function evaluateAll(template: Template, given: Readonly<Record<string, Json>>, outer?: Evaluated): Evaluated[] {
  return template.resources.flatMap((written) =>
    copiesOf(template, given, written).flatMap((copyIndex) => {
      const scope = new Scope(template, given, copyIndex);
      const { copy, ...rest } = withoutTemplate(written);
      const resource = scope.evaluate(rest, `/resources/${written.name}`) as Resource;
      const awaited = [...(resource.dependsOn ?? []), ...(outer?.awaited ?? [])];
      const within = outer === undefined ? {} : { within: outer.id };
      const made = { id: idOf(resource), resource, references: scope.references, awaited, ...within };
      const inner = templateIn(written);
      return inner === undefined ? [made] : [made, ...evaluateAll(inner, handedOver(resource), made)];
    }),
  );
}

/** The index of each copy of a resource. */
function copiesOf(template: Template, given: Readonly<Record<string, Json>>, { name, copy }: Resource): number[] {
  if (copy === undefined) return [0];
  const count = new Scope(template, given).evaluate((copy as JsonObject)['count'] ?? null, `/resources/${name}/copy`);
  return Array.from({ length: Number(count) }, (_, index) => index);
}

/** Only the deployed resources of a type. */
export function ofType(deployment: Deployment, type: string): readonly Evaluated[] {
  return deployment.resources.filter(({ resource }) => resource.type === type);
}

/** The only deployed resource of a type. */
export function theOne(deployment: Deployment, type: string): Evaluated {
  const [found, ...more] = ofType(deployment, type);
  if (found === undefined || more.length > 0) throw new Error(`there are ${more.length + (found ? 1 : 0)} of ${type}`);
  return found;
}

function idOf({ type, name, scope }: Resource): string {
  const [provider, ...kinds] = type.split('/');
  const names = name.split('/');
  if (names.includes(''))
    throw new Error(`${type} has an empty name in "${name}", which is refused even if it is not made`);
  if (kinds.length !== names.length) throw new Error(`${type} needs ${kinds.length} names, and has "${name}"`);
  const own = kinds.map((kind, index) => `${kind}/${names[index]}`).join('/');
  const base = scope ?? String(FUNCTIONS['resourceId']?.('x/y', 'z')).replace('/providers/x/y/z', '');
  return `${base}/providers/${provider}/${own}`;
}

class Scope {
  readonly #template: Template;
  readonly #given: Readonly<Record<string, Json>>;
  readonly #copyIndex: number;
  readonly references: Reference[] = [];

  constructor(template: Template, given: Readonly<Record<string, Json>>, copyIndex = 0) {
    this.#template = template;
    this.#given = given;
    this.#copyIndex = copyIndex;
  }

  evaluate(value: Json, path: string): Json {
    if (typeof value === 'string') return this.#text(value, path);
    if (Array.isArray(value)) return value.map((item, index) => this.evaluate(item, `${path}/${index}`));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([name, inner]) => [
        String(this.#text(name, `${path}/${name}`)),
        this.evaluate(inner, `${path}/${name}`),
      ]),
    );
  }

  #text(value: string, path: string): Json {
    if (!isExpression(value)) return value;
    try {
      return this.#run(parseExpression(value));
    } catch (error) {
      throw new Error(`${path}: ${error instanceof Error ? error.message : error} in ${value}`);
    }
  }

  #run(expression: Expression): Json {
    switch (expression.kind) {
      case 'literal':
        return expression.value;
      case 'member':
        return fieldOf(this.#run(expression.of), expression.name);
      case 'index':
        return fieldOf(this.#run(expression.of), String(this.#run(expression.at)));
      case 'call':
        return this.#call(expression.name, expression.args);
    }
  }

  #call(name: string, args: readonly Expression[]): Json {
    // As in Resource Manager, only the chosen branch is evaluated.
    if (name === 'if') return this.#run(args[this.#run(args[0] as Expression) === true ? 1 : 2] as Expression);
    const values = args.map((arg) => this.#run(arg));
    if (name === 'copyIndex') return this.#copyIndex;
    if (name === 'parameters') return this.#parameter(String(values[0]));
    if (name === 'variables') {
      const value = this.#template.variables?.[String(values[0])];
      if (value === undefined) throw new Error(`no variable ${values[0]}`);
      return this.evaluate(value, `/variables/${values[0]}`);
    }
    if (name === 'reference') return this.#reference(String(values[0]), values[1]);
    const run = FUNCTIONS[name];
    if (run === undefined) throw new Error(`no function ${name}`);
    return run(...values);
  }

  #parameter(name: string): Json {
    const declared = this.#template.parameters[name];
    if (declared === undefined) throw new Error(`no parameter ${name}`);
    const given = this.#given[name];
    if (given !== undefined) return given;
    if (declared.defaultValue === undefined) throw new Error(`parameter ${name} has no value`);
    return this.evaluate(declared.defaultValue, `/parameters/${name}`);
  }

  #reference(id: string, apiVersion: Json | undefined): Json {
    this.references.push({ id, apiVersion: typeof apiVersion === 'string' ? apiVersion : undefined });
    const [, type = '', name = ''] = /\/providers\/(.+)\/([^/]+)$/.exec(id) ?? [];
    const told = TOLD[type];
    if (told === undefined) throw new Error(`nothing is known of a ${type}`);
    return told(name);
  }
}

function fieldOf(value: Json, name: string): Json {
  const found = typeof value === 'object' && value !== null ? (value as { [name: string]: Json })[name] : undefined;
  if (found === undefined) throw new Error(`there is no "${name}"`);
  return found;
}
