import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { strToU8, zipSync } from 'fflate';

/** A folder with these files, deleted at the end of the test. */
export async function folderOf(t: TestContext, files: Readonly<Record<string, string | Uint8Array>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'documents-'));
  t.after(() => rm(folder, { recursive: true }));
  for (const [path, content] of Object.entries(files)) {
    await mkdir(join(folder, path, '..'), { recursive: true });
    await writeFile(join(folder, path), content);
  }
  return folder;
}

/** The reason to skip tests with modes. */
export const NO_MODES = process.platform === 'win32' && 'files have no modes';
/** The mode of a file does not bind root. */
export function withoutRoot(t: TestContext): void {
  if (process.geteuid?.() !== 0) return;
  process.seteuid?.(65_534);
  t.after(() => process.seteuid?.(0));
}

/** A PDF with one line of text on each page; an empty one is a page without text. */
export function pdf(pages: readonly string[]): Uint8Array {
  const objects = [
    '<< /Type /Catalog /Pages 2 0 R >>',
    `<< /Type /Pages /Kids [${pages.map((_, at) => `${4 + at * 2} 0 R`).join(' ')}] /Count ${pages.length} >>`,
    '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>',
    ...pages.flatMap((text, at) => {
      const content = text === '' ? '' : `BT /F1 12 Tf 72 700 Td (${text}) Tj ET`;
      const page = `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents ${5 + at * 2} 0 R /Resources << /Font << /F1 3 0 R >> >> >>`;
      return [page, `<< /Length ${content.length} >>\nstream\n${content}\nendstream`];
    }),
  ];
  return pdfOf(objects);
}

/** A PDF with so many forms within forms that nobody can read it to its end. */
export function endlessPdf(): Uint8Array {
  const depth = 12;
  const forms = Array.from({ length: depth }, (_, at) => {
    const content = at === depth - 1 ? 'BT /F1 12 Tf (x) Tj ET' : '/X Do '.repeat(10);
    const resources = `<< /Font << /F1 3 0 R >> /XObject << /X ${7 + at} 0 R >> >>`;
    const form = `/Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources ${resources}`;
    return `<< ${form} /Length ${content.length} >>\nstream\n${content}\nendstream`;
  });
  return pdfOf([
    '<< /Type /Catalog /Pages 2 0 R >>',
    '<< /Type /Pages /Kids [4 0 R] /Count 1 >>',
    '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>',
    '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] /Contents 5 0 R /Resources << /XObject << /X 6 0 R >> >> >>',
    '<< /Length 5 >>\nstream\n/X Do\nendstream',
    ...forms,
  ]);
}

function pdfOf(objects: readonly string[]): Uint8Array {
  let body = '%PDF-1.4\n';
  const offsets = objects.map((object, at) => {
    const offset = body.length;
    body += `${at + 1} 0 obj\n${object}\nendobj\n`;
    return offset;
  });
  const rows = offsets.map((offset) => `${String(offset).padStart(10, '0')} 00000 n \n`).join('');
  const count = objects.length + 1;
  const xref = `xref\n0 ${count}\n0000000000 65535 f \n${rows}`;
  return strToU8(`${body}${xref}trailer\n<< /Size ${count} /Root 1 0 R >>\nstartxref\n${body.length}\n%%EOF\n`);
}

/** A Word document; a style makes a paragraph a heading. */
export function docx(paragraphs: readonly (readonly [text: string, style?: string])[]): Uint8Array {
  const body = paragraphs.map(([text, style]) => {
    const properties = style === undefined ? '' : `<w:pPr><w:pStyle w:val="${style}"/></w:pPr>`;
    return `<w:p>${properties}<w:r><w:t xml:space="preserve">${text}</w:t></w:r></w:p>`;
  });
  const xml = `<?xml version="1.0"?><w:document xmlns:w="x"><w:body>${body.join('')}</w:body></w:document>`;
  return zipSync({ 'word/document.xml': strToU8(xml), '[Content_Types].xml': strToU8('<Types/>') });
}
