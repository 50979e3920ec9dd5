import type { Subject } from '@poolsafe/conformance';
import { subject as pg } from '../../pg/test/subject.ts';

/** Says that it is safe, and is the bare library. */
export const subject: Subject = { ...pg, module: import.meta.url, safe: pg.bare };
