import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const PAGES = ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'deploymentTemplates/README.md', 'docs/*.md']
  .flatMap((pattern) => globSync(pattern, { cwd: root }))
  .map((path) => path.replaceAll('\\', '/'));
const { scripts } = JSON.parse(read('package.json'));
const sources = globSync('{src,dev,test/support,test/e2e}/**/*.{ts,js}', { cwd: root }).map(read).join('\n');
const KNOWN_NAMES = `${sources}\n${read('.env.example')}\n${read('deploymentTemplates/azuredeploy.json')}`;
/** Variables that a reader invents in the examples. */
const INVENTED = ['INPUT_SOME_ID', 'WEATHER_KEY'];
const MAX_ROW_CHARS = 150;

/** The text without fenced blocks. */
function proseOf(page: string): string {
  return read(page).replaceAll(/^ *```[\s\S]*?^ *```$/gm, '');
}

/** The first part of each match. */
function found(pattern: RegExp, text: string): string[] {
  return [...text.matchAll(pattern)].map(([, part = '']) => part);
}

/** The anchors of a page, as GitHub makes them. */
function anchorsOf(page: string): string[] {
  return found(/^#+ (.+)$/gm, proseOf(page)).map((heading) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

/** The page that a link to a file or folder shows. */
function shownPage(path: string): string {
  return statSync(join(root, path)).isDirectory() ? join(path, 'README.md') : path;
}

for (const page of PAGES) {
  const prose = proseOf(page);
  const codes = found(/`([^`\n]+)`/g, prose);
  describe(page, () => {
    it('links to files and headings that exist', () => {
      for (const link of found(/\]\(([^)]+)\)/g, prose)) {
        if (/^https?:/.test(link)) continue;
        const [file = '', anchor] = link.split('#');
        const path = file === '' ? page : join(dirname(page), file);
        assert.ok(existsSync(join(root, path)), link);
        if (anchor !== undefined) assert.ok(anchorsOf(shownPage(path)).includes(anchor), link);
      }
    });

    it('names files, scripts and variables that exist', () => {
      for (const code of codes) {
        const script = /^npm run (?:-s )?([\w:-]+)/.exec(code)?.[1];
        assert.ok(script === undefined || script in scripts, code);
        const isPath = /^(?:src|dev|test|docs|deploymentTemplates)\/[\w./-]*$/.test(code);
        assert.ok(!isPath || existsSync(join(root, code)), code);
        const isVariable = /^[A-Z]+(?:_[A-Z0-9]+)+$/.test(code) && !INVENTED.includes(code);
        assert.ok(!isVariable || KNOWN_NAMES.includes(code), code);
      }
    });

    it('quotes log lines that the bot writes', () => {
      for (const line of found(/"((?:database|turns?|tools?|reply|message|approval|documents) [a-z-][a-z ]+)"/g, prose))
        assert.ok(sources.includes(`'${line}`), line);
    });

    it('has no row that is too long to read', () => {
      const rows = prose.split('\n').filter((line) => line.startsWith('|') && !line.includes('!['));
      for (const row of rows) assert.ok(row.length <= MAX_ROW_CHARS, row);
    });
  });
}
