import { Controller, Get } from '@nestjs/common';
import { withSettings } from '@poolsafe/typeorm';
import { DataSource } from 'typeorm';

@Controller('health')
export class HealthController {
  constructor(private readonly dataSource: DataSource) {}

  @Get()
  async check(): Promise<{ status: string }> {
    await withSettings({ statement_timeout: '1s' }, () => this.dataSource.query('select 1'));
    return { status: 'ok' };
  }
}
