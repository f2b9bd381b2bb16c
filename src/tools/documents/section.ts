/** A part of a document below one heading, or one page of it. */
export interface Section {
  /** The headings above it, the outermost first; empty before the first one. */
  readonly headings: readonly string[];
  /** Paragraphs, parted by empty lines. */
  readonly text: string;
  /** From 1; `undefined` where the kind of file has no pages. */
  readonly page?: number;
}

/** A document as it is searched. */
export interface ReadDocument {
  /** Its first heading of the highest level, else the name of its file. */
  readonly title: string;
  readonly sections: readonly Section[];
}

/** Gathers sections while a document is read from top to bottom. */
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

  /** All of it; `name` is the title where no heading gives one. */
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
