import tls from 'node:tls';
import { type Certificate, makeCertificate } from './certificate.ts';

/**
 * A certificate for these names that this process trusts from now on; `undefined` where there is no openssl, or where
 * this Node cannot trust another one while it runs.
 */
export function makeTrustedCertificate(...names: readonly [string, ...string[]]): Certificate | undefined {
  const certificate = 'setDefaultCACertificates' in tls ? makeCertificate(...names) : undefined;
  if (certificate !== undefined)
    tls.setDefaultCACertificates([...tls.getCACertificates('default'), certificate.cert.toString()]);
  return certificate;
}
