import { Parser } from 'htmlparser2';
import { type ReadDocument, SectionBuilder } from './section.ts';

const HEADING = /^h([1-6])$/;
/** Elements without visible text, or with text beside the topic. */
const SKIPPED = new Set(['script', 'style', 'noscript', 'template', 'nav', 'svg', 'head']);
/** The elements that a head may contain. Any other one ends it: its end tag may be omitted. */
const HEAD = new Set('base link meta noscript script style template title'.split(' '));
const BLOCKS = new Set(
  'address article aside blockquote body dd div dl dt figcaption figure footer form h1 h2 h3 h4 h5 h6 header hr li main ol p pre section table tr ul'.split(
    ' ',
  ),
);

/** Reads the visible text of HTML, divided by its headings. */
export function readHtml(html: string, name: string): ReadDocument {
  const builder = new SectionBuilder();
  let skipped = 0;
  let isInHead = false;
  let text = '';
  const endBlock = (tag: string) => {
    const [, level] = HEADING.exec(tag) ?? [];
    const block = text.replaceAll(/\s+/g, ' ').trim();
    text = '';
    if (block === '') return;
    if (level === undefined) builder.paragraph(block);
    else builder.heading(Number(level), block);
  };
  const endHead = () => {
    if (isInHead) skipped--;
    isInHead = false;
  };
  const parser = new Parser({
    onopentag(tag) {
      // Within an open head, `skipped` is 1, unless one of the head's own elements is open, too.
      if (skipped === 1 && !HEAD.has(tag)) endHead();
      if (SKIPPED.has(tag)) skipped++;
      if (tag === 'head') isInHead = true;
      if (BLOCKS.has(tag)) endBlock('');
      if (tag === 'br' || tag === 'td' || tag === 'th') text += ' ';
    },
    ontext(chunk) {
      if (skipped === 0) text += chunk;
    },
    onclosetag(tag) {
      if (tag === 'head') endHead();
      else if (SKIPPED.has(tag)) skipped--;
      else if (BLOCKS.has(tag)) endBlock(tag);
    },
  });
  parser.end(html);
  endBlock('');
  return builder.document(name);
}
