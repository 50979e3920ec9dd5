import { createHash } from 'node:crypto';

/** What a probe has found on the other side of one connection. */
export interface Probed {
  /**
   * What becomes of named statements: `kept`, since this is PostgreSQL itself or a pooler that tracks them; `lost`,
   * since it is a pooler that does not, or that shows no difference from one.
   */
  readonly statements: 'kept' | 'lost';
  /** Whether this is PostgreSQL itself: the process that the login named answers. */
  readonly direct: boolean;
  /**
   * Whether statements without a name are kept as well, and shared by all clients that send the same text: as
   * Odyssey does (1.5.2, run).
   */
  readonly sharesUnnamed: boolean;
  /** Changes whenever the types of columns or the functions of the database do; unknown where nothing is kept. */
  readonly schema: string | undefined;
}

const marker = '/* poolsafe:probe 1 */';

/**
 * What names of probes begin with. Under another than its own, one can only have been left behind by a probe that
 * failed where nobody keeps track of names.
 */
export const probeName = 'poolsafe_probe_';

/**
 * What a {@link probe} asks, as a named statement of its own: which server process answers, and under which name
 * that has the statement. The text is the same for everybody, since poolers that track statements keep each text.
 * `$1` is the name, `$2` the pid that the login named, `$3` whether the schema is wanted in any case.
 *
 * The schema is told by the transactions that have last changed its columns, types and functions, since a
 * fingerprint of the types alone would come back with a type that is changed and changed back; and by `search_path`,
 * since the same text means another table under another one.
 *
 * Everyone may read what it reads, it returns text only, and it leaves nothing behind.
 */
export const probeSql: string = `${marker} select pg_catalog.pg_backend_pid()::text as pid, s.name::text as name,
  case when s.name <> $1::text or pg_catalog.pg_backend_pid() = $2::int or $3::bool then (
    select pg_catalog.concat_ws(' ', count(*), sum(a.xmin::text::bigint))
      from pg_catalog.pg_class c join pg_catalog.pg_attribute a on a.attrelid = c.oid
      where c.oid >= 16384 and c.relkind in ('r', 'p', 'v', 'm', 'f', 'c') and c.relpersistence <> 't' and a.attnum > 0
  ) || (
    select pg_catalog.concat_ws(' ', '', count(*), sum(t.xmin::text::bigint))
      from pg_catalog.pg_type t where t.oid >= 16384 and t.typtype in ('e', 'd', 'b', 'r', 'm') and t.typcategory <> 'A'
  ) || (
    select pg_catalog.concat_ws(' ', '', count(*), sum(p.xmin::text::bigint))
      from pg_catalog.pg_proc p where p.oid >= 16384
  ) || pg_catalog.concat(' ', pg_catalog.current_setting('search_path')) end as schema
  from pg_catalog.pg_prepared_statements s where pg_catalog.starts_with(s.statement, '${marker}')
  order by s.name = $1::text desc, pg_catalog.starts_with(s.name, '${probeName}') limit 1`;

/**
 * Reads the row that {@link probeSql} gave, of text columns. A renamed statement means that a pooler keeps track of
 * it. An unchanged one behind another process than the login named means that none does, in session mode too: that
 * cannot be told from transaction mode by one connection. Without a row, nothing is known, and nothing counts as
 * kept.
 *
 * ```ts
 * readProbe({ pid: '4711', name: 'PGBOUNCER_3', schema: '12 9000' }, { name: 'mine', pid: 99 })
 * // { statements: 'kept', direct: false, sharesUnnamed: false, schema: '5f2c…' }
 * ```
 */
export function readProbe(
  row: Readonly<Record<string, string | null>> | undefined,
  asked: { readonly name: string; readonly pid: number },
): Probed {
  const { pid, name, schema } = row ?? {};
  const direct = pid === String(asked.pid) && name === asked.name;
  const renamed = typeof name === 'string' && name !== asked.name && !name.startsWith(probeName);
  return {
    statements: direct || renamed ? 'kept' : 'lost',
    direct,
    sharesUnnamed: renamed && name.startsWith('odyssey_'),
    schema: typeof schema === 'string' ? shortHash(schema) : undefined,
  };
}

function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 12);
}
