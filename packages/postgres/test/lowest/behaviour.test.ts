import './use-lowest.ts';

await import('../lost-connection.test.ts');
await import('../session-functions.test.ts');
await import('../stale-statements.test.ts');
await import('../tls.test.ts');
