import { BadRequestException, Body, Controller, Get, Post, UseInterceptors } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import { Note } from './note.entity.ts';
import { TenantInterceptor } from './tenant.interceptor.ts';

@Controller('notes')
@UseInterceptors(TenantInterceptor)
export class NotesController {
  constructor(@InjectRepository(Note) private readonly notes: Repository<Note>) {}

  @Get()
  list(): Promise<Note[]> {
    return this.notes.find({ order: { id: 'asc' } });
  }

  @Post()
  add(@Body('body') body: unknown): Promise<Note> {
    if (typeof body !== 'string' || body === '') throw new BadRequestException('body is missing');
    return this.notes.save(this.notes.create({ body }));
  }
}
