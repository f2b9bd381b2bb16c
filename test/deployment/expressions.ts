/** A parsed expression of an ARM template. */
export type Expression =
  | { readonly kind: 'literal'; readonly value: string | number }
  | { readonly kind: 'call'; readonly name: string; readonly args: readonly Expression[] }
  | { readonly kind: 'member'; readonly of: Expression; readonly name: string }
  | { readonly kind: 'index'; readonly of: Expression; readonly at: Expression };

const TOKEN = /\s*(?:('(?:[^']|'')*')|(-?\d+)|([A-Za-z_]\w*)|([()[\],.]))/y;

/** Whether Resource Manager evaluates this text; `[[` begins a text that only looks like an expression. */
export function isExpression(text: string): boolean {
  return text.startsWith('[') && !text.startsWith('[[') && text.endsWith(']');
}

/**
 * Parses `[...]`. Throws an Error for unbalanced, unclosed or superfluous parts.
 * https://learn.microsoft.com/azure/azure-resource-manager/templates/template-expressions
 */
export function parseExpression(text: string): Expression {
  const tokens = tokensOf(text.slice(1, -1));
  const expression = parseOne(tokens);
  if (tokens.length > 0) throw new Error(`"${tokens[0]}" is left over`);
  return expression;
}

/** Every expression in this one, including itself. */
export function partsOf(expression: Expression): readonly Expression[] {
  switch (expression.kind) {
    case 'literal':
      return [expression];
    case 'call':
      return [expression, ...expression.args.flatMap(partsOf)];
    case 'member':
      return [expression, ...partsOf(expression.of)];
    case 'index':
      return [expression, ...partsOf(expression.of), ...partsOf(expression.at)];
  }
}

function tokensOf(text: string): string[] {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  for (let end = text.trimEnd().length; TOKEN.lastIndex < end; ) {
    const from = TOKEN.lastIndex;
    const found = TOKEN.exec(text);
    if (found === null) throw new Error(`cannot be read from "${text.slice(from)}"`);
    tokens.push(found[0].trim());
  }
  return tokens;
}

function parseOne(tokens: string[]): Expression {
  let expression = parseHead(tokens);
  for (;;) {
    if (tokens[0] === '.') {
      tokens.shift();
      expression = { kind: 'member', of: expression, name: nameOf(tokens.shift()) };
    } else if (tokens[0] === '[') {
      tokens.shift();
      expression = { kind: 'index', of: expression, at: parseOne(tokens) };
      expect(tokens, ']');
    } else {
      return expression;
    }
  }
}

function parseHead(tokens: string[]): Expression {
  const token = tokens.shift();
  if (token?.startsWith("'")) return { kind: 'literal', value: token.slice(1, -1).replaceAll("''", "'") };
  if (token !== undefined && /^-?\d+$/.test(token)) return { kind: 'literal', value: Number(token) };
  const name = nameOf(token);
  expect(tokens, '(');
  const args: Expression[] = [];
  if (tokens[0] !== ')') args.push(parseOne(tokens));
  while (tokens[0] === ',') {
    tokens.shift();
    args.push(parseOne(tokens));
  }
  expect(tokens, ')');
  return { kind: 'call', name, args };
}

function nameOf(token: string | undefined): string {
  if (token === undefined || !/^[A-Za-z_]/.test(token)) throw new Error(`"${token ?? 'the end'}" is no name`);
  return token;
}

function expect(tokens: string[], wanted: string): void {
  const found = tokens.shift();
  if (found !== wanted) throw new Error(`"${wanted}" is missing before "${found ?? 'the end'}"`);
}
