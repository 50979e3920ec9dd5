import { type Example, hazards } from './hazards.ts';
import type { HazardCode } from './refusals.ts';

/** A library whose words a fix can be put into. */
export type Stack = 'pg' | 'drizzle' | 'kysely' | 'prisma' | 'typeorm' | 'postgres';

interface Words {
  /** One statement inside a transaction. */
  readonly inside: (sql: string) => string;
  readonly begin: readonly string[];
  readonly end: readonly string[];
  /** One statement on its own. */
  readonly alone: (sql: string) => string;
}

const quoted = (sql: string) => (sql.includes("'") ? `"${sql}"` : `'${sql}'`);
const callback = { end: ['})'] };

/** How each stack runs SQL, from its documentation. */
export const stacks: { readonly [Name in Stack]: Words } = {
  pg: {
    begin: ['const client = await pool.connect()', 'try {', "  await client.query('begin')"],
    inside: (sql) => `await client.query(${quoted(sql)})`,
    end: [
      "  await client.query('commit')",
      '} catch (error) {',
      "  await client.query('rollback')",
      '  throw error',
      '} finally {',
      '  client.release()',
      '}',
    ],
    alone: (sql) => `await pool.query(${quoted(sql)})`,
  },
  drizzle: {
    ...callback,
    begin: ['await db.transaction(async (tx) => {'],
    inside: (sql) => `await tx.execute(sql\`${sql}\`)`,
    alone: (sql) => `await db.execute(sql\`${sql}\`)`,
  },
  kysely: {
    ...callback,
    begin: ['await db.transaction().execute(async (trx) => {'],
    inside: (sql) => `await sql\`${sql}\`.execute(trx)`,
    alone: (sql) => `await sql\`${sql}\`.execute(db)`,
  },
  prisma: {
    ...callback,
    begin: ['await prisma.$transaction(async (tx) => {'],
    inside: (sql) => `await tx.${prismaRaw(sql)}`,
    alone: (sql) => `await prisma.${prismaRaw(sql)}`,
  },
  typeorm: {
    ...callback,
    begin: ['await dataSource.transaction(async (manager) => {'],
    inside: (sql) => `await manager.query(${quoted(sql)})`,
    alone: (sql) => `await dataSource.query(${quoted(sql)})`,
  },
  postgres: {
    ...callback,
    begin: ['await sql.begin(async (sql) => {'],
    inside: (sql) => `await sql\`${sql}\``,
    alone: (sql) => `await sql\`${sql}\``,
  },
};

/** Prisma has one way for rows and one for a count. It cannot read a row of type `void`, which a lock gives. */
function prismaRaw(sql: string): string {
  return `${/^(?:select (?!pg_advisory)|fetch )|returning/.test(sql) ? '$queryRaw' : '$executeRaw'}\`${sql}\``;
}

/**
 * The fix of a hazard as code for a stack, or `undefined` where nothing takes its place.
 *
 * ```ts
 * fixFor('POOLSAFE_SESSION_SET', 'drizzle')
 * // await db.transaction(async (tx) => {
 * //   await tx.execute(sql`set local statement_timeout = '5s'`)
 * //   await tx.execute(sql`select * from notes`)
 * // })
 * ```
 */
export function fixFor(code: HazardCode, stack: Stack): string | undefined {
  const { example } = hazards[code];
  return example && codeOf(example, stack).join('\n');
}

function codeOf({ runs, sql }: Example, stack: Stack): readonly string[] {
  const { begin, inside, end, alone } = stacks[stack];
  if (runs === 'query') return sql.map(alone);
  if (runs === 'transaction') return [...begin, ...sql.map((one) => `  ${inside(one)}`), ...end];
  // No ORM has a session of its own; what it runs on has.
  if (stack === 'postgres') {
    return [...postgresLane(sql), ...sql.map(postgresSession)];
  }
  const channel = sql.map(channelOf).find(Boolean);
  const pool = [
    "import { Pool } from '@poolsafe/pg'",
    '',
    'const { DATABASE_URL: connectionString, DIRECT_URL: direct } = process.env',
    'const pool = new Pool({ connectionString, poolsafe: { direct } })',
  ];
  if (channel) return [...pool, `await pool.listen('${channel}', (payload) => console.log(payload))`];
  const work = sql.map((one) => `  ${stacks.pg.inside(one)}`);
  return [...pool, 'await pool.session(async (client) => {', ...work, '})'];
}

/** The channel of a LISTEN. */
function channelOf(sql: string): string | undefined {
  return /^listen (\w+)$/.exec(sql)?.[1];
}

function postgresLane(sql: readonly string[]): readonly string[] {
  if (sql.some(channelOf)) {
    return [
      "const { DATABASE_URL: url = '', DIRECT_URL: direct } = process.env",
      'const sql = postgres(url, { poolsafe: { direct } })',
    ];
  }
  return [
    "const { DIRECT_URL: direct = '' } = process.env",
    "const sql = postgres(direct, { max: 1, poolsafe: { pooler: 'direct' } })",
  ];
}

/** postgres.js has a function of its own for LISTEN, which reconnects. */
function postgresSession(sql: string): string {
  const channel = channelOf(sql);
  return channel === undefined
    ? stacks.postgres.alone(sql)
    : `await sql.listen('${channel}', (payload) => console.log(payload))`;
}
