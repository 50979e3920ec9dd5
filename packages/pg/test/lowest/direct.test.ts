import './use-lowest.ts';

await import('../direct.test.ts');
await import('../listen.test.ts');
await import('../advisory-lock.test.ts');
