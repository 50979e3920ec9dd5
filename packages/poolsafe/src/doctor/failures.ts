import type { DoctorCode } from './finding-rows.ts';
import type { LoginError } from './session.ts';

/** A way for a login to fail. */
interface Failure {
  readonly code: DoctorCode;
  /** SQLSTATEs, or codes of Node. */
  readonly codes?: readonly string[];
  readonly text?: RegExp;
}

/**
 * How logins fail, the first row that fits counts: by its code or by its text. PgBouncer has one code (08P01) for almost
 * everything, so that its texts stand before all codes. Source: runs, docs/errors.md for Supavisor's.
 */
const failures: readonly Failure[] = [
  { code: 'POOLSAFE_STARTUP_PARAMETER', text: /unsupported startup parameter/ },
  {
    code: 'DOCTOR_TLS_REQUIRED',
    text: /no pg_hba\.conf entry .*no encryption|SSL required|TLS required|connection is insecure|SSL\/TLS required/i,
  },
  { code: 'DOCTOR_TLS_UNSUPPORTED', text: /server does not support SSL connections/ },
  {
    code: 'DOCTOR_NOT_ALLOWED',
    text: /no pg_hba\.conf entry|pg_hba\.conf rejects|login rejected|not allowed to connect/,
  },
  { code: 'DOCTOR_NO_SERVER', text: /query_wait_timeout/ },
  {
    code: 'DOCTOR_POOL_FULL',
    text: /no more connections allowed|\((?:ECHECKOUTTIMEOUT|EMAXCONN\w*)\)|MaxClientsInSessionMode|Unable to check out|Max client connections|too many connections for/,
  },
  {
    code: 'DOCTOR_TENANT',
    text: /Tenant or user not found/,
  },
  {
    code: 'DOCTOR_DATABASE',
    codes: ['3D000'],
    text: /no such database|database "[^"]*" (?:does not exist|is disabled)/,
  },
  {
    code: 'DOCTOR_PASSWORD',
    codes: ['28P01'],
    text: /password authentication failed|SASL authentication failed|no such user|role "[^"]*" does not exist|client password must be a string|failed to make auth query|auth failed|incorrect password|Wrong password/i,
  },
  {
    code: 'DOCTOR_SERVER_DOWN',
    text: /server login has been failing|cannot connect to server|connect failed|server conn crashed|server login failed|failed to connect to remote server/i,
  },
  {
    code: 'DOCTOR_SERVER_FULL',
    codes: ['53300'],
    text: /too many clients already|remaining connection slots/,
  },
  { code: 'DOCTOR_STARTING', codes: ['57P03'], text: /pooler is shutting down/ },
  {
    code: 'DOCTOR_CERTIFICATE',
    codes: [
      'SELF_SIGNED_CERT_IN_CHAIN',
      'DEPTH_ZERO_SELF_SIGNED_CERT',
      'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
      'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
      'UNABLE_TO_GET_ISSUER_CERT',
      'CERT_HAS_EXPIRED',
      'ERR_TLS_CERT_ALTNAME_INVALID',
    ],
    text: /self[- ]signed certificate|Endpoint ID is not specified/i,
  },
  { code: 'DOCTOR_HOST', codes: ['ENOTFOUND', 'EAI_AGAIN', 'EAI_NODATA'] },
  { code: 'DOCTOR_REFUSED', codes: ['ECONNREFUSED', 'ENOENT'] },
  { code: 'DOCTOR_UNREACHABLE', codes: ['ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH'] },
];

/** What a failed login is called. */
export function failureOf({ code, message }: Pick<LoginError, 'code' | 'message'>): DoctorCode {
  const row = failures.find(
    ({ codes, text }) => text?.test(message) === true || (code !== undefined && codes?.includes(code)),
  );
  return row?.code ?? 'DOCTOR_LOGIN';
}

/** The parameter that PgBouncer does not take, from its error. */
export function refusedParameter(message: string): string {
  return /unsupported startup parameter(?: in options)?: (\w+)/.exec(message)?.[1] ?? 'options';
}
