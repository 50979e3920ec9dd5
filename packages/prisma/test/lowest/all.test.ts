import './use-lowest.ts';

await import('../adapter-options.test.ts');
await import('../bad-input.test.ts');
await import('../refusal.test.ts');
await import('../settings.test.ts');
await import('../settings-extension.test.ts');
await import('../settings-limits.test.ts');
await import('../time-zone.test.ts');
await import('../transaction.test.ts');
await import('../url-settings.test.ts');
