import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A certificate. A process with `NODE_EXTRA_CA_CERTS=<certPath>` trusts it. */
export interface Certificate {
  readonly key: Buffer;
  readonly cert: Buffer;
  readonly certPath: string;
  /** Removes the files. */
  close(): void;
}

/** Makes a certificate for these names with openssl, since Node cannot. Undefined without openssl. */
export function makeCertificate(...names: readonly [string, ...string[]]): Certificate | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'certificate-'));
  const [keyPath, certPath] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const subject = ['-subj', '/CN=test', '-addext', `subjectAltName=${names.map((name) => `DNS:${name}`).join(',')}`];
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
  const close = () => rmSync(folder, { recursive: true, force: true });
  try {
    const files = ['-keyout', keyPath, '-out', certPath];
    execFileSync('openssl', ['req', '-x509', ...kind, ...files, ...subject], { stdio: 'ignore' });
    return { key: readFileSync(keyPath), cert: readFileSync(certPath), certPath, close };
  } catch {
    close();
    return undefined;
  }
}
