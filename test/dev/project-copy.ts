import { cpSync, globSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** What `npm run teams-package` is made of: copying, compiling and removing all would take longer than its tests. */
const PARTS = [
  'src/*.*',
  'src/attachments',
  'src/audio',
  'src/config',
  'src/messages',
  'dev/*.ts',
  'dev/teams-app',
  'dev/packaging',
  'package.json',
];

/** The project, as far as that needs it, in a folder of its own until `t` ends: what it makes lies below it. */
export function copyProject(t: { after(remove: () => void): void }): string {
  const folder = mkdtempSync(join(tmpdir(), 'project-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  for (const path of globSync([...PARTS, 'deploymentTemplates/teams'], { cwd: ROOT }))
    cpSync(join(ROOT, path), join(folder, path), { recursive: true });
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'), 'junction');
  return folder;
}
