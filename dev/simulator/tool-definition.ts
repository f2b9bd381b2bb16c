/** A function that the model may call, as the client declares it. */
export interface ToolDefinition {
  readonly name: string;
  readonly description?: string;
  /** JSON Schema of an object. Default: no parameters. */
  readonly parameters?: Readonly<Record<string, unknown>>;
}

export const TOOL_CHOICES = ['none', 'auto', 'required'] as const;

/** `{ name }`: the model has to call this function. */
export type ToolChoice = (typeof TOOL_CHOICES)[number] | { readonly name: string };
