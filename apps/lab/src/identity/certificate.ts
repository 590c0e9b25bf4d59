/** Both in PEM; the key in PKCS #8. */
export interface KeyAndCertificate {
  certificate: string;
  privateKey: string;
}

/** Who a certificate is for. */
export interface CertificateOwner {
  name: string;
  realms: readonly string[];
}

/** The names a certificate vouches for: where the service listens, which service it is, which realms it answers. */
export interface AlternativeNames {
  dns: string[];
  ip: string[];
  uri: string[];
}

export const alternativeNames = ({ name, realms }: CertificateOwner): AlternativeNames => ({
  dns: ['localhost'],
  ip: ['127.0.0.1'],
  uri: [`intendant://service/${name}`, ...realms.map((realm) => `intendant://realm/${realm}`)],
});
