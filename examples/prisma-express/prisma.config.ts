import { existsSync } from 'node:fs';
import { migrationUrl } from '@poolsafe/prisma';
import { defineConfig } from 'prisma/config';

// Prisma reads none by itself.
if (existsSync('.env')) process.loadEnvFile();

export default defineConfig({
  schema: 'prisma/schema.prisma',
  // PostgreSQL itself, without the pooler.
  datasource: { url: migrationUrl() },
});
