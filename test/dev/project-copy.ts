import { cpSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** The project, as far as its programs need it, in a folder of its own until `t` ends: what they make lies below it. */
export function copyProject(t: { after(remove: () => void): void }): string {
  const folder = mkdtempSync(join(tmpdir(), 'project-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  for (const path of ['src', 'dev', 'package.json', 'deploymentTemplates/teams'])
    cpSync(join(ROOT, path), join(folder, path), { recursive: true });
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'), 'junction');
  return folder;
}
