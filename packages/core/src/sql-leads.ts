const words = (text: string): ReadonlySet<string> => new Set(text.trim().split(/\s+/));

/**
 * Keywords after which an expression or a table in FROM may begin, so that a name with a parenthesis is a call.
 * After any other word it is a name: an alias with columns, a type with a length, an object in DDL.
 */
export const callLeads: ReadonlySet<string> = words(`
  all and asymmetric between both by case content default distinct document else escape fetch first for from
  groups having ilike in join key lateral leading like limit next not offset on or passing path placing range ref
  return returning rows select similar symmetric then to trailing using value variadic version when where zone
`);

/** What ends a FROM clause or, after `SELECT … INTO name`, the name. All of them are reserved words. */
export const clauseEnds: ReadonlySet<string> = words(`
  except fetch for group having intersect limit offset order returning union where window
`);

/** What stands before `TABLE name` when that is a query. */
export const tableQueryLeads: ReadonlySet<string> = words(`
  ( ) all analyse analyze as distinct except for intersect union verbose
`);

/** First words of the statements that run the function calls they hold. */
export const runningHeads: ReadonlySet<string> = words(`
  ( call copy declare delete execute insert merge select table update values with
`);
