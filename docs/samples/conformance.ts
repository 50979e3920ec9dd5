import type { App, Subject as DeclaredSubject } from '@poolsafe/conformance';
import type * as poolsafe from '@poolsafe/pg';
import type bare from 'pg';

declare global {
  type Subject = DeclaredSubject;
  const pg: typeof bare;
  const Pool: typeof poolsafe.Pool;
  const withSettings: typeof poolsafe.withSettings;
  function appOf(pool: bare.Pool): App;
}
