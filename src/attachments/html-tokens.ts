import { Tokenizer } from 'htmlparser2';

/** Attributes by their names in lower case. */
export type Attributes = ReadonlyMap<string, string>;

export interface HtmlHandler {
  open(tag: string, attributes: Attributes): void;
  close(tag: string): void;
  /** Entities are decoded. One text may come in many pieces. */
  text(piece: string): void;
}

/** Elements whose text is not shown. */
const HIDDEN: ReadonlySet<string> = new Set(['script', 'style', 'title']);

/**
 * Passes the tags and the visible text of HTML to `handler`, in linear time. Uses only the tokenizer, because the
 * parser's stack of open elements can take quadratic time. Tags need not match.
 */
export function tokenizeHtml(html: string, handler: HtmlHandler): void {
  let tag = '';
  let attributes = new Map<string, string>();
  let name = '';
  let value: string[] = [];
  let isHidden = false;
  const addText = (text: string) => {
    if (!isHidden) handler.text(text);
  };
  const open = () => {
    isHidden = HIDDEN.has(tag);
    handler.open(tag, attributes);
  };
  const ignore = () => {};
  const tokenizer = new Tokenizer(
    { decodeEntities: true },
    {
      onopentagname(start, end) {
        tag = html.slice(start, end).toLowerCase();
        attributes = new Map();
      },
      onattribname(start, end) {
        name = html.slice(start, end).toLowerCase();
        value = [];
      },
      onattribdata: (start, end) => void value.push(html.slice(start, end)),
      onattribentity: (code) => void value.push(String.fromCodePoint(code)),
      onattribend() {
        // As in browsers, the first of two attributes of one name counts.
        if (!attributes.has(name)) attributes.set(name, value.join(''));
      },
      onopentagend: open,
      onselfclosingtag: open,
      onclosetag(start, end) {
        isHidden = false;
        handler.close(html.slice(start, end).toLowerCase());
      },
      ontext: (start, end) => addText(html.slice(start, end)),
      ontextentity: (code) => addText(String.fromCodePoint(code)),
      oncdata: ignore,
      oncomment: ignore,
      ondeclaration: ignore,
      onprocessinginstruction: ignore,
      onend: ignore,
    },
  );
  tokenizer.write(html);
  tokenizer.end();
}
