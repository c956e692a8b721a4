import pg from 'pg'
import type { Engine } from './connection.ts'
export const openPostgres = (_url: string): Engine => {
  void pg
  throw new Error('not yet')
}
