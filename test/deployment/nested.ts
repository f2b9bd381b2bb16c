import type { Json, JsonObject, Resource, Template } from './template.ts';

/** A deployment inside of a template. With the inner scope its template sees its own parameters alone. */
const NESTED = 'Microsoft.Resources/deployments';

interface NestedProperties {
  readonly mode: string;
  readonly expressionEvaluationOptions?: { readonly scope: string };
  readonly parameters?: Readonly<Record<string, { readonly value: Json }>>;
  readonly template: Template;
}

/** The template inside of a resource; `undefined` where there is none. */
export function templateIn(resource: Resource): Template | undefined {
  return resource.type === NESTED ? propertiesOf(resource).template : undefined;
}

/** What would make a deployment inside of a template see more than it is given, delete what it does not name, or nest on. */
export function nestingProblems({ resources }: Template): readonly string[] {
  return resources
    .filter(({ type }) => type === NESTED)
    .flatMap((resource) => {
      const { template, mode, expressionEvaluationOptions } = propertiesOf(resource);
      return [
        ...(expressionEvaluationOptions?.scope === 'Inner' ? [] : [`${resource.name}: its scope is not the inner one`]),
        ...(mode === 'Incremental' ? [] : [`${resource.name} is not incremental`]),
        ...(nestedTemplates(template).length === 0 ? [] : [`${resource.name} has another one inside`]),
      ];
    });
}

/** The resource without the template inside of it, whose expressions are not those of the template around. */
export function withoutTemplate(resource: Resource): Resource {
  if (resource.type !== NESTED) return resource;
  const { template, ...properties } = resource['properties'] as JsonObject;
  return { ...resource, properties };
}

/** What an evaluated deployment hands to the template inside of it. */
export function handedOver(resource: Resource): Readonly<Record<string, Json>> {
  const parameters = Object.entries(propertiesOf(resource).parameters ?? {});
  return Object.fromEntries(parameters.map(([name, { value }]) => [name, value]));
}

/** The templates inside of a template. */
export function nestedTemplates({ resources }: Template): readonly Template[] {
  return resources.map(templateIn).filter((template) => template !== undefined);
}

/** The template without those inside of it. */
export function withoutNested(template: Template): Template {
  return { ...template, resources: template.resources.map(withoutTemplate) };
}

function propertiesOf(resource: Resource): NestedProperties {
  return resource['properties'] as unknown as NestedProperties;
}
