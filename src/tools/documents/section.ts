/** The part of a document below one heading, or one of its pages. */
export interface Section {
  /** The headings above the section, the outermost first; empty before the first heading. */
  readonly headings: readonly string[];
  /** The paragraphs, separated by empty lines. */
  readonly text: string;
  /** The page number, from 1; `undefined` if the file has no pages. */
  readonly page?: number;
}

export interface ReadDocument {
  /** The outermost heading above the first text that has one, or the name of the file. */
  readonly title: string;
  readonly sections: readonly Section[];
}

/** A file cannot be indexed. Reading it again would fail the same way. The message is for operators. */
export class DocumentError extends Error {
  override readonly name = 'DocumentError';
}

/** Collects sections while a document is read from top to bottom. */
export class SectionBuilder {
  readonly #sections: Section[] = [];
  #headings: readonly string[] = [];
  #paragraphs: string[] = [];

  heading(level: number, text: string): void {
    this.#end();
    const above = Array.from({ length: level - 1 }, (_, at) => this.#headings[at] ?? '');
    this.#headings = [...above, text.trim()];
  }

  paragraph(text: string): void {
    if (text.trim() !== '') this.#paragraphs.push(text.trim());
  }

  /** Returns the document; `name` is the title if there is no heading. */
  document(name: string): ReadDocument {
    this.#end();
    const first = this.#sections.find(({ headings }) => headings.some((each) => each !== ''));
    return { title: first?.headings.find((each) => each !== '') ?? name, sections: this.#sections };
  }

  #end(): void {
    const text = this.#paragraphs.join('\n\n');
    this.#paragraphs = [];
    if (text !== '') this.#sections.push({ headings: this.#headings.filter((each) => each !== ''), text });
  }
}
