/** A value that pg itself, and whatever is built upon it, rejects as a parameter. */
export const unsendable = (): unknown => ({
  toPostgres() {
    throw new Error('This value cannot be sent.');
  },
});
