import { scanSync } from 'libpg-query';
import { isNode, type Node } from '../oracle-tree.ts';
import { folded } from './generate.ts';

/** How one token is written: what stands before it, and its letters. */
export interface Spelling {
  readonly before: string;
  readonly letters: 'same' | 'upper' | 'lower' | 'quoted';
}

/** The text again with its tokens spelled so; comments of its own are left out. */
export function respelled(sql: string, spellings: readonly Spelling[]): string {
  const tokens = scanSync(sql).tokens.filter(({ tokenName }) => !tokenName.endsWith('_COMMENT'));
  const words = tokens.map(({ text, tokenName, keywordName }, i) => {
    const { before, letters } = spellings[i % spellings.length] as Spelling;
    const isName = tokenName === 'IDENT' && keywordName === 'NO_KEYWORD';
    return before + spell(text, letters, isName);
  });
  return words.join('');
}

function spell(word: string, letters: Spelling['letters'], isName: boolean): string {
  if (!folded.test(word)) return word;
  if (letters === 'quoted') return isName && /^[a-z_]+$/.test(word) ? `"${word}"` : word;
  return word.replace(/[a-z]+/gi, (part) => {
    if (letters === 'same') return part;
    return letters === 'upper' ? part.toUpperCase() : part.toLowerCase();
  });
}

/** The parse tree as a text, without where things stand in the SQL. */
export function shapeOf(tree: Node): string {
  return JSON.stringify(tree, (key, value) => {
    return key === 'location' || key.startsWith('stmt_') || key.endsWith('_location') ? undefined : value;
  });
}

/** Around a query: what runs it as well, and does nothing else. */
export const wrappers: readonly (readonly [before: string, after: string])[] = [
  ['(', ')'],
  ['((', '\n))'],
  ['WITH w AS (', '\n) SELECT * FROM w'],
  ['WITH v AS (SELECT 1), w (a) AS MATERIALIZED (', '\n) INSERT INTO x TABLE w'],
  ['COPY (', '\n) TO STDOUT'],
  ['EXPLAIN ANALYZE ', ''],
  ['EXPLAIN (ANALYZE, COSTS off) ', ''],
  ['CREATE TABLE x AS ', ''],
  ['CREATE MATERIALIZED VIEW IF NOT EXISTS x AS (', '\n) WITH DATA'],
  ['INSERT INTO x ', ''],
  ['INSERT INTO x (temp) (', '\n) ON CONFLICT DO NOTHING'],
  ['SELECT (', '\n)'],
  ['SELECT 1 FROM a, LATERAL (', '\n) AS x'],
  ['DELETE FROM x WHERE EXISTS (', '\n)'],
  ['UPDATE x SET role = ARRAY (', '\n)'],
  ['SELECT CASE WHEN a IN (', '\n) THEN 1 END'],
  ["SELECT JSON_OBJECT('a' VALUE (", '\n))'],
  ['SELECT count(*) FILTER (WHERE a = ANY (', '\n)) FROM t'],
  ['VALUES (1, (', '\n))'],
  ['SELECT 1 UNION ALL (', '\n)'],
];

/** Statements that have no effect, to stand before and after others. */
export const neighbours: readonly string[] = [
  '',
  'SELECT 1;',
  "NOTIFY a, 'set x = 1';",
  ';;',
  '/* ; */ SHOW work_mem;',
  'UPDATE t SET role = 1;',
  'CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; END;',
  'SELECT $$;$$;',
];

/** Whether a text is one query whose rows another statement could use. */
export function isQuery(tree: Node): boolean {
  const statements = Array.isArray(tree.stmts) ? tree.stmts : [];
  const only: unknown = statements.length === 1 && isNode(statements[0]) ? statements[0].stmt : undefined;
  const [type] = isNode(only) ? Object.keys(only) : [];
  return (
    /^(?:Select|Insert|Update|Delete|Merge)Stmt$/.test(type ?? '') && !shapeOf(tree).includes('"intoClause"')
  );
}
