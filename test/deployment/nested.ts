import type { Json, JsonObject, Resource, Template } from './template.ts';

/** A nested deployment. With the inner scope its template has only its own parameters. */
const NESTED = 'Microsoft.Resources/deployments';

interface NestedProperties {
  readonly mode: string;
  readonly expressionEvaluationOptions?: { readonly scope: string };
  readonly parameters?: Readonly<Record<string, { readonly value: Json }>>;
  readonly template: Template;
}

/** The template inside a resource; `undefined` if there is none. */
export function templateIn(resource: Resource): Template | undefined {
  return resource.type === NESTED ? propertiesOf(resource).template : undefined;
}

/** Rejects a nested deployment that would see more than its parameters, delete other resources, or nest further. */
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

/** The resource without its nested template, whose expressions belong to another scope. */
export function withoutTemplate(resource: Resource): Resource {
  if (resource.type !== NESTED) return resource;
  const { template, ...properties } = resource['properties'] as JsonObject;
  return { ...resource, properties };
}

/** The parameters that an evaluated deployment passes to its nested template. */
export function handedOver(resource: Resource): Readonly<Record<string, Json>> {
  const parameters = Object.entries(propertiesOf(resource).parameters ?? {});
  return Object.fromEntries(parameters.map(([name, { value }]) => [name, value]));
}

/** The nested templates of a template. */
export function nestedTemplates({ resources }: Template): readonly Template[] {
  return resources.map(templateIn).filter((template) => template !== undefined);
}

/** The template without its nested templates. */
export function withoutNested(template: Template): Template {
  return { ...template, resources: template.resources.map(withoutTemplate) };
}

function propertiesOf(resource: Resource): NestedProperties {
  return resource['properties'] as unknown as NestedProperties;
}
