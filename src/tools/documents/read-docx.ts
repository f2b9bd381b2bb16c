import { strFromU8, unzipSync } from 'fflate';
import { Parser } from 'htmlparser2';
import { DocumentError, type ReadDocument, SectionBuilder } from './section.ts';

const BODY = 'word/document.xml';
/** Limits the unpacked text: a small archive may hold gigabytes. */
const MAX_BODY_BYTES = 50_000_000;
/**
 * Word leaves letters outside ASCII out of the ids of styles: `Überschrift 1` is `berschrift1`, `Título 1` is `Ttulo1`.
 */
const HEADING_STYLE = /^(?:heading|überschrift|berschrift|titre|titolo|ttulo)\s*([1-6])$/i;

/** Reads paragraphs of Word's format, and its headings by their styles. Throws a DocumentError. */
export function readDocx(bytes: Uint8Array, name: string): ReadDocument {
  const builder = new SectionBuilder();
  let text = '';
  let level = 0;
  let isText = false;
  const parser = new Parser(
    {
      onopentag(tag, attributes) {
        const value = attributes['w:val'] ?? '';
        if (tag === 'w:t') isText = true;
        if (tag === 'w:pStyle') level = Number(HEADING_STYLE.exec(value)?.[1] ?? (/^title$/i.test(value) ? 1 : 0));
        if (tag === 'w:outlineLvl' && level === 0 && /^[0-5]$/.test(value)) level = Number(value) + 1;
        if (tag === 'w:tab' || tag === 'w:br' || tag === 'w:tc') text += ' ';
      },
      ontext(chunk) {
        if (isText) text += chunk;
      },
      onclosetag(tag) {
        if (tag === 'w:t') isText = false;
        if (tag !== 'w:p') return;
        if (level > 0 && text.trim() !== '') builder.heading(level, text);
        else builder.paragraph(text);
        text = '';
        level = 0;
      },
    },
    { xmlMode: true },
  );
  parser.end(bodyOf(bytes));
  return builder.document(name);
}

function bodyOf(bytes: Uint8Array): string {
  try {
    const { [BODY]: body } = unzipSync(bytes, {
      filter({ name, originalSize }) {
        if (name === BODY && originalSize > MAX_BODY_BYTES)
          throw new DocumentError(`its text has more than ${MAX_BODY_BYTES} bytes`);
        return name === BODY;
      },
    });
    if (body === undefined) throw new DocumentError('it is not a Word document');
    return strFromU8(body);
  } catch (cause) {
    if (cause instanceof DocumentError) throw cause;
    throw new DocumentError('it is not a Word document', { cause });
  }
}
