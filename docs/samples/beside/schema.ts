import { boolean, integer, pgTable, serial, text } from 'drizzle-orm/pg-core';

export const notes = pgTable('notes', {
  id: serial().primaryKey(),
  tenant: integer(),
  body: text(),
  done: boolean(),
});
