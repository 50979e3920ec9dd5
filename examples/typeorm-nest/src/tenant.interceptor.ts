import {
  type CallHandler,
  type ExecutionContext,
  Injectable,
  type NestInterceptor,
  UnauthorizedException,
} from '@nestjs/common';
import { withSettings } from '@poolsafe/typeorm';
import type { Request } from 'express';
import { defer, lastValueFrom, type Observable } from 'rxjs';

/** Put your authentication in a guard, which comes before it. The handler sees the rows of this tenant alone. */
@Injectable()
export class TenantInterceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const tenant = context.switchToHttp().getRequest<Request>().header('x-tenant');
    if (!tenant) throw new UnauthorizedException('x-tenant is missing');
    const settings = { role: 'notes_app', 'app.tenant': tenant, statement_timeout: '5s' };
    const work = () => lastValueFrom(next.handle(), { defaultValue: undefined });
    return defer(() => withSettings(settings, work));
  }
}
