import { type Attributes, type HtmlVisitor, walkHtml } from './html-walk.ts';
import { markOf, teamsType } from './teams-marks.ts';

/** Reads a message of Teams on the walk over its HTML. */
export interface TeamsVisitor {
  /** `mark`: an emoji, a GIF or a sticker that a picture stands for. */
  open(tag: string, attributes: Attributes, mark: string | undefined): void;
  close(tag: string): void;
  /** Entities are decoded; one text may come in many pieces. */
  text(piece: string): void;
  /** A line ends here. */
  line(): void;
}

/** Teams sends about 100 kB at most. */
const MAX_HTML_CHARS = 200_000;
/** Elements that begin and end a line. */
const LINES: ReadonlySet<string> = new Set([
  'p',
  'br',
  'div',
  'li',
  'tr',
  'table',
  'hr',
  'h1',
  'h2',
  'h3',
  'h4',
  'h5',
  'h6',
  'pre',
  'blockquote',
]);
/** Elements whose text is not shown. */
export const HIDDEN: ReadonlySet<string> = new Set(['script', 'style', 'title']);
const CELLS: ReadonlySet<string> = new Set(['td', 'th']);
/** Cells may have no end of their own, and code keeps its lines. */
const NO_CELL: ReadonlySet<string> = new Set(['tr', 'table', 'pre']);

/** Walks over the HTML of a message of Teams. A row of a table is one line: `| 10 | 20 |`. */
export function walkTeamsHtml(html: string, visitor: TeamsVisitor): void {
  walkHtml(html.slice(0, MAX_HTML_CHARS), new TeamsWalk(visitor));
}

class TeamsWalk implements HtmlVisitor {
  readonly #visitor: TeamsVisitor;
  #isInCell = false;
  #isPicked = false;

  constructor(visitor: TeamsVisitor) {
    this.#visitor = visitor;
  }

  open(tag: string, attributes: Attributes): void {
    if (tag === 'readonly') this.#isPicked = teamsType(attributes) !== '';
    this.#layOut(tag);
    this.#visitor.open(tag, attributes, tag === 'img' ? markOf(attributes, this.#isPicked) : undefined);
    if (CELLS.has(tag)) {
      this.#isInCell = true;
      this.text(' | ');
    }
  }

  close(tag: string): void {
    if (tag === 'readonly') this.#isPicked = false;
    this.#visitor.close(tag);
    if (CELLS.has(tag)) this.#isInCell = false;
    if (tag === 'tr') this.text(' |');
    this.#layOut(tag);
  }

  text(piece: string): void {
    this.#visitor.text(piece);
  }

  /** Teams puts what is in a cell into paragraphs: these end no line. */
  #layOut(tag: string): void {
    if (NO_CELL.has(tag)) this.#isInCell = false;
    if (!LINES.has(tag)) return;
    if (this.#isInCell) this.text(' ');
    else this.#visitor.line();
  }
}
