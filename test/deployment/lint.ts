import { type Deployment, deploy, type Evaluated } from './deployment.ts';
import { type Expression, isExpression, parseExpression, partsOf } from './expressions.ts';
import { FUNCTIONS, SPECIAL_FUNCTIONS } from './functions.ts';
import { nestedTemplates, nestingProblems, withoutNested } from './nested.ts';
import { type Template, textsIn } from './template.ts';
import { type Variant, valueProblems } from './variants.ts';

const SECRET = /secret|passw|credential|token|connectionstring|(^|[a-z])(key|sas)$/i;

/**
 * What Resource Manager would reject in a template, or only detect while it deploys, and what our templates may not
 * contain.
 */
export function lint(template: Template, variants: Readonly<Record<string, Variant>>): readonly string[] {
  const unread = syntaxProblems(template);
  if (unread.length > 0) return unread;
  const whole = withoutNested(template);
  const written = [
    ...nestingProblems(template),
    ...parameterProblems(whole),
    ...[whole, ...nestedTemplates(template)].flatMap((each) => [
      ...callProblems(each),
      ...unusedProblems(each),
      ...secretProblems(each),
    ]),
  ];
  if (written.length > 0) return written;
  return Object.values(variants).flatMap((given) => [
    ...valueProblems(template, given),
    ...evaluatedProblems(template, given),
  ]);
}

/** All function calls in a part of a template, with the path to each. */
function callsIn(value: unknown): readonly (readonly [path: string, name: string, first: Expression | undefined])[] {
  return textsIn(value).flatMap(([path, text]) =>
    isExpression(text)
      ? partsOf(parseExpression(text)).flatMap((part) =>
          part.kind === 'call' ? [[path, part.name, part.args[0]] as const] : [],
        )
      : [],
  );
}

function syntaxProblems(template: Template): readonly string[] {
  return textsIn(template).flatMap(([path, text]) => {
    try {
      if (isExpression(text)) parseExpression(text);
      else if (/\b(parameters|variables|reference|resourceId)\(/.test(text))
        return [`${path}: not in brackets: ${text}`];
      return [];
    } catch (error) {
      return [`${path}: ${error instanceof Error ? error.message : error}: ${text}`];
    }
  });
}

function callProblems(template: Template): readonly string[] {
  const known = [...Object.keys(FUNCTIONS), ...SPECIAL_FUNCTIONS];
  return callsIn(template).flatMap(([path, name]) => {
    if (/^list/i.test(name)) return [`${path}: ${name} would hand out a secret`];
    if (!known.includes(name)) return [`${path}: no function ${name}`];
    // Elsewhere the resources would not exist yet at evaluation.
    const isLate = /^\/resources\/\d+\/properties\/|^\/outputs\//.test(path);
    return name === 'reference' && !isLate ? [`${path}: reference may only stand in properties and outputs`] : [];
  });
}

function unusedProblems(template: Template): readonly string[] {
  return (['parameters', 'variables'] as const).flatMap((kind) => {
    const used = new Set(
      callsIn(template).flatMap(([, name, first]) =>
        name === kind && first?.kind === 'literal' ? [String(first.value)] : [],
      ),
    );
    const defined = Object.keys(template[kind] ?? {});
    return [
      ...defined.filter((name) => !used.has(name)).map((name) => `${kind}: ${name} is not used`),
      ...[...used].filter((name) => !defined.includes(name)).map((name) => `${kind}: ${name} is not defined`),
    ];
  });
}

function secretProblems({ parameters, outputs }: Template): readonly string[] {
  const secretOutputs = Object.keys(outputs ?? {}).filter((name) => SECRET.test(name));
  const open = Object.entries(parameters).filter(([name, { type }]) => SECRET.test(name) && !/^secure/i.test(type));
  return [
    ...secretOutputs.map((name) => `output ${name} looks like a secret`),
    ...open.map(([name, { type }]) => `parameter ${name} looks like a secret, and is a ${type}`),
  ];
}

function parameterProblems({ parameters }: Template): readonly string[] {
  return Object.entries(parameters).flatMap(([name, { metadata, defaultValue, allowedValues }]) => [
    ...(metadata?.description ? [] : [`parameter ${name} is not described`]),
    ...(defaultValue !== undefined && allowedValues?.includes(defaultValue) === false
      ? [`the default of ${name} is not allowed`]
      : []),
  ]);
}

function evaluatedProblems(template: Template, given: Variant): readonly string[] {
  let deployment: Deployment;
  try {
    deployment = deploy(template, given);
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)];
  }
  const { declared } = deployment;
  const ids = declared.map(({ id }) => id);
  const twice = ids.filter((id, index) => ids.indexOf(id) !== index);
  return [
    ...twice.map((id) => `${id} is there twice`),
    ...declared.flatMap((each) => targetProblems(each, declared)),
    ...declared.flatMap((each) => versionProblems(each, declared)),
    ...circleProblems(declared),
    ...disabledReferences(deployment),
  ];
}

/** A resource's parent, its whole and everything that it reads have to exist before it. */
function targetProblems(
  { id, resource, references, awaited }: Evaluated,
  declared: readonly Evaluated[],
): readonly string[] {
  const parent = /^(.*)\/[^/]+\/[^/]+$/.exec(id)?.[1] ?? '';
  const isChild = resource.scope === undefined && resource.type.split('/').length > 2;
  const needed = [...(isChild ? [parent] : []), ...(resource.scope ? [resource.scope] : [])];
  const isDeclared = (wanted: string) => declared.some((each) => each.id === wanted);
  const named = textsIn(resource).flatMap(([, text]) =>
    /^\/subscriptions\/.*\/resourceGroups\//.test(text) ? [text] : [],
  );
  return [
    ...named.filter((each) => !isDeclared(each)).map((each) => `${id} names ${each}, which is not in the template`),
    ...[...needed, ...named.filter(isDeclared), ...references.map((each) => each.id)]
      .filter((each) => !awaited.includes(each))
      .map((each) => `${id} does not wait for ${each}`),
  ];
}

function versionProblems({ id, resource, references }: Evaluated, declared: readonly Evaluated[]): readonly string[] {
  const others = declared.filter((each) => each.resource.type === resource.type);
  const isOnlyPreview = resource.type === 'Microsoft.Insights/diagnosticSettings';
  return [
    ...(others.some((each) => each.resource.apiVersion !== resource.apiVersion)
      ? [`${resource.type} has several versions`]
      : []),
    ...(resource.apiVersion.includes('preview') !== isOnlyPreview ? [`${id} has version ${resource.apiVersion}`] : []),
    ...references
      .filter((each) => declared.find((other) => other.id === each.id)?.resource.apiVersion !== each.apiVersion)
      .map((each) => `${id} reads ${each.id} as of ${each.apiVersion}`),
  ];
}

function circleProblems(declared: readonly Evaluated[]): readonly string[] {
  const open = new Map(declared.map(({ id, resource }) => [id, resource.dependsOn ?? []]));
  for (let before = -1; before !== open.size; ) {
    before = open.size;
    for (const [id, awaited] of open) if (!awaited.some((each) => open.has(each))) open.delete(id);
  }
  return [...open.keys()].map((id) => `${id} waits for itself`);
}

/** A reference to a resource whose condition is false would fail. */
function disabledReferences({ resources, outputReferences }: Deployment): readonly string[] {
  const deployed = new Set(resources.map(({ id }) => id));
  return [...resources, { id: 'an output', references: outputReferences }].flatMap(({ id, references }) =>
    references.filter((each) => !deployed.has(each.id)).map((each) => `${id} reads ${each.id}, which may not be there`),
  );
}
