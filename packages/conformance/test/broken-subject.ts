import type { App, Subject } from '@poolsafe/conformance';
import { subject as pg } from '../../pg/test/subject.ts';

/** Swallows what a query fails with, and leaves its connections open. */
const broken = (app: App): App => ({
  ...app,
  query: (...asked) => app.query(...asked).catch(() => [{ one: 1 }]),
  end: async () => {},
});

export const subject: Subject = {
  ...pg,
  module: import.meta.url,
  safe: (options) => broken(pg.safe(options)),
};
