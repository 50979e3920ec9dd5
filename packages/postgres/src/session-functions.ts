import { configError, guard, type Plan } from '@poolsafe/core';
import type { Driver } from './driver.ts';

type Listen = Driver['listen'];
type Subscribe = Driver['subscribe'];

/** `listen` and `subscribe`, which need a session: on the pooled address where that gives one, else on the direct lane. */
export interface SessionFunctions {
  readonly listen: Listen;
  readonly subscribe: Subscribe;
}

export function sessionFunctions(
  base: Driver,
  plan: Plan,
  direct: (() => Driver) | undefined,
): SessionFunctions {
  const context = { inTransaction: false };

  async function listen(...given: Parameters<Listen>): Promise<Awaited<ReturnType<Listen>>> {
    const text = 'listen channel';
    if (direct !== undefined && plan.hazards(text, context).length > 0) return direct().listen(...given);
    const error = guard(plan, text, context);
    if (error !== undefined) throw error;
    return base.listen(...given);
  }

  async function subscribe(...given: Parameters<Subscribe>): Promise<Awaited<ReturnType<Subscribe>>> {
    if (plan.pooler.session.value === 'kept') return base.subscribe(...given);
    if (direct !== undefined) return direct().subscribe(...given);
    throw configError(
      `subscribe() needs a replication connection, which ${plan.pooler.title} does not give.`,
      '`poolsafe: { direct: … }` with a URL that reaches PostgreSQL without the pooler',
    );
  }

  return { listen: listen as Listen, subscribe };
}
