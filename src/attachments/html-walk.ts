import { Tokenizer } from 'htmlparser2';

/** The attributes that are asked for, by their names in small letters. */
export type Attributes = ReadonlyMap<string, string>;

export interface HtmlVisitor {
  open(tag: string, attributes: Attributes): void;
  close(tag: string): void;
  /** Entities are decoded; one text may come in many pieces. */
  text(piece: string): void;
}

/**
 * Walks over HTML in the order of its characters, in linear time whatever they are: by the tokenizer alone, since the
 * parser's stack of open elements takes quadratic time where they are many. Tags need not fit together.
 */
export function walkHtml(html: string, visitor: HtmlVisitor): void {
  let tag = '';
  let attributes = new Map<string, string>();
  let name = '';
  let value: string[] = [];
  const ignore = () => {};
  const opened = () => visitor.open(tag, attributes);
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
        // Browsers take the first of two with one name.
        if (!attributes.has(name)) attributes.set(name, value.join(''));
      },
      onopentagend: opened,
      onselfclosingtag: opened,
      onclosetag: (start, end) => visitor.close(html.slice(start, end).toLowerCase()),
      ontext: (start, end) => visitor.text(html.slice(start, end)),
      ontextentity: (code) => visitor.text(String.fromCodePoint(code)),
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
