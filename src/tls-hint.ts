/** The variables of one connection that say whom it trusts and who Evida is there. */
export interface TlsVariables {
  readonly ca: string;
  /** Absent where client certificates are not used. */
  readonly certificate?: string;
}

/** What OpenSSL and Node.js call it, and what to do about it. */
const HINTS: readonly (readonly [RegExp, (variables: TlsVariables) => string])[] = [
  [/CERT_HAS_EXPIRED/, () => 'Renew the certificate of the server, or set the clock of this machine right.'],
  [/CERT_NOT_YET_VALID/, () => 'Set the clock of this machine right, or that where certificates are made.'],
  [
    /ALTNAME_INVALID/,
    () => 'Name the server as its certificate does, or give it one for the name that is used.',
  ],
  [
    /SELF_SIGNED_CERT|UNABLE_TO_(VERIFY|GET_ISSUER)|CERT_SIGNATURE_FAILURE|CERT_UNTRUSTED|INVALID_CA/,
    ({ ca }) => `Name the file of the authority that signed the server's certificate by ${ca}.`,
  ],
  [
    /ALERT_CERTIFICATE_REQUIRED|ALERT_HANDSHAKE_FAILURE/,
    ({ certificate }) =>
      certificate === undefined
        ? 'The server wants a client certificate.'
        : `The server wants a client certificate: set ${certificate}.`,
  ],
  [
    /ALERT_(UNKNOWN_CA|BAD_CERTIFICATE|CERTIFICATE_\w+|UNSUPPORTED_CERTIFICATE)|ACCESS_DENIED/,
    ({ certificate }) =>
      `The server refuses the client certificate${certificate ? `: check ${certificate}` : ''}.`,
  ],
  [
    /ERR_SSL_(WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|UNSUPPORTED_PROTOCOL|NO_PROTOCOLS)|HTTP_REQUEST/,
    () => 'The server does not speak TLS, or no version that is safe, at this port.',
  ],
];

/** What to do about a connection that TLS refused; undefined if it failed of something else. */
export function tlsHint(error: unknown, variables: TlsVariables): string | undefined {
  const code = codeOf(error);
  return HINTS.find(([pattern]) => pattern.test(code))?.[1](variables);
}

/** Some wrap what Node.js said of the socket. */
function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return '';
  return 'code' in error ? String(error.code) : codeOf(error.cause);
}
