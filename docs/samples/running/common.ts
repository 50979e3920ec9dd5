/** Where the database of the samples is, and what they call. */
export const { DATABASE_URL: url = '', DIRECT_URL: direct = '' } = process.env;

Object.assign(globalThis, {
  url,
  direct,
  tenant: 7,
  refresh: () => {},
  refreshAll: () => {},
  report: async () => {},
});
