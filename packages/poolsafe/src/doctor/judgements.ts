import { isIP } from 'node:net';
import type { Note } from './examination.ts';
import type { PoolingFacts } from './pooling.ts';
import type { ServerFacts } from './server-facts.ts';

/** Says where passwords and rows go over a network that is not one's own without encryption. */
export function judgeEncryption({ host, tls }: Pick<ServerFacts, 'host' | 'tls'>, note: Note): void {
  if (tls?.used !== undefined || host.startsWith('/') || isLocal(host)) return;
  const offers = tls?.offered === true ? 'the server offers TLS' : 'the server offers no TLS';
  const fix =
    tls?.offered === true ? {} : { fix: 'switch TLS on at the server, or keep to a private network' };
  note('DOCTOR_TLS_OFF', {
    evidence: `${host}: ${offers}, and the login with this URL does not use it`,
    ...fix,
  });
}

/** This machine, or a network that is not the public one. */
function isLocal(host: string): boolean {
  if (isIP(host) === 0)
    return host === 'localhost' || !host.includes('.') || /\.(?:local|internal|localdomain|test)$/.test(host);
  return /^(?:127\.|10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|::1$|f[cd]|fe80:)/i.test(host);
}

/** Says what a pooler does not keep. */
export function judgeMode({ statements, product }: ServerFacts, pooling: PoolingFacts, note: Note): void {
  const { mode, full, evidence } = pooling;
  if (full) note('DOCTOR_SESSION_FULL', { evidence });
  if (mode === 'statement') note('DOCTOR_STATEMENT_MODE', { evidence });
  if (mode === 'transaction') note('DOCTOR_SESSION_LOST', { evidence });
  if (mode !== 'direct' && mode !== 'session' && statements === 'lost') {
    const who = [product?.name ?? 'the pooler', product?.version].filter(Boolean).join(' ');
    const seen = 'a named statement kept its name on the server connection, which other clients share';
    note('DOCTOR_STATEMENTS_LOST', { evidence: `${who}: ${seen}` });
  }
}
