import { configError } from '@poolsafe/core';

// Imported before `pg`, which loads the native client itself when this variable is set.
if (process.env.NODE_PG_FORCE_NATIVE) {
  throw nativeRefused('NODE_PG_FORCE_NATIVE is set');
}

/** The error for whoever asks for `pg-native`. */
export function nativeRefused(where: string): Error {
  return configError(
    `${where}, and @poolsafe/pg cannot guard pg-native: libpq sends statements where no guard sees them.`,
    'use the JavaScript client, which is the default of pg',
  );
}
