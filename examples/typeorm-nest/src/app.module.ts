import { type BeforeApplicationShutdown, Module } from '@nestjs/common';
import { APP_FILTER, HttpAdapterHost } from '@nestjs/core';
import { TypeOrmModule } from '@nestjs/typeorm';
import { withPoolsafe } from '@poolsafe/typeorm';
import { options } from './data-source.ts';
import { ErrorFilter } from './error.filter.ts';
import { HealthController } from './health.controller.ts';
import { Note } from './note.entity.ts';
import { NotesController } from './notes.controller.ts';

@Module({
  imports: [TypeOrmModule.forRoot(withPoolsafe(options)), TypeOrmModule.forFeature([Note])],
  controllers: [HealthController, NotesController],
  providers: [{ provide: APP_FILTER, useClass: ErrorFilter }],
})
export class AppModule implements BeforeApplicationShutdown {
  constructor(private readonly host: HttpAdapterHost) {}

  /** NestJS answers the requests that have begun, then TypeORM closes the pool. Ten seconds are the limit. */
  beforeApplicationShutdown(): void {
    setTimeout(() => process.exit(1), 10_000).unref();
    // A connection whose request has just been answered is idle, and would be kept alive.
    setInterval(() => this.host.httpAdapter.getHttpServer().closeIdleConnections(), 50).unref();
  }
}
