import type { PrismaPg } from '@prisma/adapter-pg';

/** What the original connects to. It exports no name for it. */
export type Adapter = Awaited<ReturnType<PrismaPg['connect']>>;

/** A transaction of an {@link Adapter}. */
export type Transaction = Awaited<ReturnType<Adapter['startTransaction']>>;
