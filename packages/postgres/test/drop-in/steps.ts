import { addresses } from './addresses.ts';
import { aftermath } from './aftermath.ts';
import { building } from './building.ts';
import { cancelling } from './cancelling.ts';
import { connecting } from './connecting.ts';
import { copies } from './copies.ts';
import { cursors } from './cursors.ts';
import { ending } from './ending.ts';
import type { Step } from './lib.ts';
import { losses } from './losses.ts';
import { notifications } from './notifications.ts';
import { options } from './options.ts';
import { ownWays } from './own-ways.ts';
import { promises } from './promises.ts';
import { queries } from './queries.ts';
import { savepoints } from './savepoints.ts';
import { sessions } from './sessions.ts';
import { encrypted } from './tls.ts';
import { transactions } from './transactions.ts';
import { transforming } from './transforming.ts';
import { values } from './values.ts';

/** What the drop-in and the original must do alike, by title. */
export const steps: ReadonlyMap<string, Step> = new Map([
  ...values,
  ...building,
  ...queries,
  ...aftermath,
  ...promises,
  ...cursors,
  ...copies,
  ...transactions,
  ...savepoints,
  ...sessions,
  ...notifications,
  ...cancelling,
  ...transforming,
  ...options,
  ...addresses,
  ...connecting,
  ...encrypted,
  ...ending,
  ...losses,
  ...ownWays,
]);
