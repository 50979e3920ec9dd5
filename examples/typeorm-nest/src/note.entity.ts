import { Column, CreateDateColumn, Entity, PrimaryGeneratedColumn } from 'typeorm';

/** No query names the tenant: a new row takes it from the setting, and the policy compares with it. */
@Entity('notes')
export class Note {
  @PrimaryGeneratedColumn('identity', { type: 'bigint', generatedIdentity: 'ALWAYS' })
  id!: number;

  @Column('text', { default: () => "nullif(current_setting('app.tenant', true), '')" })
  tenant!: string;

  @Column('text')
  body!: string;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' })
  createdAt!: Date;
}
