/** The answers of an MCP server that misbehaves on demand. It knows nothing of the transport. */

export interface RpcMessage {
  readonly jsonrpc: '2.0';
  readonly id?: number | string;
  readonly method?: string;
  readonly params?: Readonly<Record<string, unknown>>;
  readonly result?: unknown;
  readonly error?: unknown;
}

type Fields = Readonly<Record<string, unknown>>;

const schema = (properties: object = {}) => ({ type: 'object', properties });
const tool = (name: string, more: object = {}) => ({ name, description: name, inputSchema: schema(), ...more });
const outputSchema = { type: 'object', properties: { celsius: { type: 'number' } }, required: ['celsius'] };

/** A tool of each kind; see `callOf`. */
const FAULTY: unknown[] = [
  tool('echo', { inputSchema: schema({ text: { type: 'string' } }) }),
  tool('meta'),
  tool('hang'),
  tool('exit'),
  tool('huge'),
  tool('garbage'),
  tool('no_content'),
  tool('fails'),
  tool('breaks_schema', { outputSchema }),
  tool('adds_tool'),
  tool('pictures'),
  tool('task_only', { execution: { taskSupport: 'required' } }),
  tool('no_object', { inputSchema: { type: 'string' } }),
  tool('no_schema', { inputSchema: undefined }),
  { name: 4711 },
  'nonsense',
  tool('bad_output_schema', { outputSchema: { type: 'object', properties: { a: { type: 'no such type' } } } }),
  tool('bad_schema', { inputSchema: { type: 'object', anyOf: [] } }),
];

/** So many tools with long descriptions. */
export function bigTools(count: number): object[] {
  return Array.from({ length: count }, (_, at) => tool(`big_${at}`, { description: 'x'.repeat(1_000) }));
}

/** Larger than what a client may accept of one message. */
export const HUGE_CHARS = 11 * 1024 * 1024;

/** What a transport does with a request: send messages, or something that only it can do. */
export type Reaction = readonly RpcMessage[] | 'hang' | 'exit' | 'garbage';

export class ScriptedMcp {
  #tools: unknown[];

  constructor(tools: unknown[] = FAULTY) {
    this.#tools = tools;
  }

  react({ id, method, params = {} }: RpcMessage): Reaction {
    if (id === undefined) return [];
    const answer = (result: unknown): readonly RpcMessage[] => [{ jsonrpc: '2.0', id, result }];
    switch (method) {
      case 'initialize': {
        const capabilities = { tools: { listChanged: true } };
        const serverInfo = { name: 'scripted', version: '1' };
        return answer({ protocolVersion: params['protocolVersion'], capabilities, serverInfo });
      }
      case 'tools/list':
        return answer({ tools: this.#tools });
      case 'tools/call':
        return this.#call(String(params['name']), params, answer);
      default:
        return [{ jsonrpc: '2.0', id, error: { code: -32601, message: 'no such method' } }];
    }
  }

  #call(name: string, params: Fields, answer: (result: unknown) => readonly RpcMessage[]): Reaction {
    const says = (text: string, more: object = {}) => answer({ content: [{ type: 'text', text }], ...more });
    switch (name) {
      case 'hang':
      case 'exit':
      case 'garbage':
        return name;
      case 'meta':
        return says(JSON.stringify(params['_meta'] ?? null));
      case 'huge':
        return says('x'.repeat(HUGE_CHARS));
      case 'no_content':
        return answer({ content: 'none' });
      case 'fails':
        return says('There is no such order.', { isError: true });
      case 'breaks_schema':
        return says('warm', { structuredContent: { celsius: 'warm' } });
      case 'adds_tool':
        this.#tools = [...this.#tools, tool('added')];
        return [...says('added'), { jsonrpc: '2.0', method: 'notifications/tools/list_changed' }];
      case 'pictures': {
        const { images } = params['arguments'] as { images: object[] };
        return answer({ content: images.map((image) => ({ type: 'image', ...image })) });
      }
      default:
        return says(`echo: ${JSON.stringify(params['arguments'])}`);
    }
  }
}
