import type { Stack } from '@poolsafe/core/knowledge';

/** A language, to keep the traces of two applications in one log apart. */
export type Language = 'Node' | 'Python' | 'Ruby' | 'Java' | 'Go';

interface Mark {
  readonly language: Language;
  readonly text: RegExp;
}

/** The name of a row of {@link marks}. */
export type MarkName =
  | 'asyncpg'
  | 'psycopg'
  | 'sqlalchemy'
  | 'django'
  | 'rails'
  | 'jdbc'
  | 'pgx'
  | 'lib-pq'
  | 'prisma-engine'
  | Stack;

/** What shows in an error or its stack trace that a library took part: its own words, its files, how it names statements. */
export const marks: { readonly [Name in MarkName]: Mark } = {
  asyncpg: { language: 'Python', text: /\basyncpg\b|__asyncpg_/ },
  psycopg: { language: 'Python', text: /\bpsycopg\b|"_pg3_\d+"/ },
  sqlalchemy: { language: 'Python', text: /\bsqlalchemy\b|sqlalche\.me/ },
  django: { language: 'Python', text: /\bdjango[./\\]|_django_curs_/ },
  rails: { language: 'Ruby', text: /ActiveRecord::|\bactive_?record\b|\bPG::[A-Z]|statement "a\d+"/ },
  jdbc: { language: 'Java', text: /\borg\.postgresql\.|\bPSQLException\b|(?:statement|portal) "[SC]_\d+"/ },
  pgx: { language: 'Go', text: /stmtcache_|"lrupsc_|\bjackc\/pgx\b|\(SQLSTATE [0-9A-Z]{5}\)/ },
  'lib-pq': { language: 'Go', text: /\bpq: |\blib\/pq\b/ },
  drizzle: { language: 'Node', text: /\bdrizzle-orm\b|\bDrizzleQueryError\b|\bFailed query: / },
  kysely: { language: 'Node', text: /[/\\]kysely[/\\]/ },
  prisma: { language: 'Node', text: /\bPrismaClient|@prisma[/\\]|\bprisma\.|\bConnectorError\b/ },
  typeorm: { language: 'Node', text: /\btypeorm\b|\bQueryFailedError\b/ },
  postgres: { language: 'Node', text: /\bPostgresError\b(?! \{)|node_modules[/\\]postgres[/\\]/ },
  // A name that others may give, too, but with nothing else in sight it is Prisma's Rust engine.
  'prisma-engine': { language: 'Node', text: /statement "s\d+"/ },
  pg: { language: 'Node', text: /node_modules[/\\](?:pg|pg-pool|pg-protocol)[/\\]/ },
};

const names = Object.keys(marks) as MarkName[];

/** The marks in a text. */
export function marksIn(text: string): readonly MarkName[] {
  return names.filter((name) => marks[name].text.test(text));
}
