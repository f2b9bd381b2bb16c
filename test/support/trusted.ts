import tls from 'node:tls';
import { type Certificate, makeCertificate } from './certificate.ts';

/**
 * Makes a certificate for these names and trusts it in this process. Undefined without openssl, and on a Node that
 * cannot change its trusted certificates at run time.
 */
export function makeTrustedCertificate(...names: readonly [string, ...string[]]): Certificate | undefined {
  const certificate = 'setDefaultCACertificates' in tls ? makeCertificate(...names) : undefined;
  if (certificate !== undefined)
    tls.setDefaultCACertificates([...tls.getCACertificates('default'), certificate.cert.toString()]);
  return certificate;
}
