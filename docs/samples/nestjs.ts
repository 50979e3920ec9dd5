import type * as common from '@nestjs/common';
import type * as typeorm from '@nestjs/typeorm';
import type * as poolsafe from '@poolsafe/typeorm';
import type * as rxjs from 'rxjs';

declare global {
  const Injectable: typeof common.Injectable;
  type NestInterceptor = common.NestInterceptor;
  type ExecutionContext = common.ExecutionContext;
  type CallHandler = common.CallHandler;
  const TypeOrmModule: typeof typeorm.TypeOrmModule;
  const defer: typeof rxjs.defer;
  const lastValueFrom: typeof rxjs.lastValueFrom;
  const withSettings: typeof poolsafe.withSettings;
  type PostgresOptions = poolsafe.PostgresOptions;
  const options: poolsafe.PostgresOptions;
  const withPoolsafe: typeof poolsafe.withPoolsafe;
}
