import { z } from 'zod';
import type { Database } from '../src/postgres/database.ts';

const Line = z.object({ line: z.string() });

/** Each statement of the schema public that would make it anew, in an order that depends on nothing but names. */
export async function describeSchema(database: Database): Promise<string> {
  const parts: string[] = [];
  for (const query of [FUNCTIONS, TABLES, CONSTRAINTS, INDEXES, VIEWS, COMMENTS, FUNCTION_COMMENTS]) {
    const { rows } = await database.query(query);
    parts.push(
      z
        .array(Line)
        .parse(rows)
        .map(({ line }) => `${line}\n`)
        .join('\n'),
    );
  }
  return `-- What sql/migrations and sql/views make. It follows from them: npm run schema.\n\n${parts.join('\n')}`;
}

// Postgres ends each with a line end of its own.
const FUNCTIONS = `
  SELECT rtrim(pg_get_functiondef(oid), E'\\n') || ';' AS line
    FROM pg_proc
   WHERE pronamespace = 'public'::regnamespace AND prokind IN ('f', 'p')
   ORDER BY oid::regprocedure::text`;

const TABLES = `
  SELECT format(E'CREATE TABLE %I (\\n%s\\n);', relname, string_agg(format('  %I %s%s%s', attname, format_type(atttypid, atttypmod),
           CASE WHEN attnotnull THEN ' NOT NULL' ELSE '' END, coalesce(' DEFAULT ' || pg_get_expr(adbin, adrelid), '')), E',\\n' ORDER BY attnum)) AS line
    FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
   WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND attnum > 0 AND NOT attisdropped
   GROUP BY relname ORDER BY relname`;

const CONSTRAINTS = `
  SELECT format('ALTER TABLE %s ADD CONSTRAINT %I %s;', conrelid::regclass, conname, pg_get_constraintdef(oid)) AS line
    FROM pg_constraint
   WHERE connamespace = 'public'::regnamespace AND contype <> 'n'
   ORDER BY conrelid::regclass::text, conname`;

const INDEXES = `
  SELECT pg_get_indexdef(indexrelid) || ';' AS line
    FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
   WHERE relnamespace = 'public'::regnamespace AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)
   ORDER BY relname`;

const VIEWS = `
  SELECT format(E'CREATE VIEW %I AS\\n%s', relname, pg_get_viewdef(oid)) AS line
    FROM pg_class
   WHERE relnamespace = 'public'::regnamespace AND relkind = 'v'
   ORDER BY relname`;

const COMMENTS = `
  SELECT format('COMMENT ON %s IS %L;',
           CASE WHEN objsubid = 0 THEN format('TABLE %I', relname) ELSE format('COLUMN %I.%I', relname, attname) END, description) AS line
    FROM pg_description
    JOIN pg_class ON pg_class.oid = objoid AND classoid = 'pg_class'::regclass
    LEFT JOIN pg_attribute ON attrelid = objoid AND attnum = objsubid
   WHERE relnamespace = 'public'::regnamespace
   ORDER BY relname, objsubid`;

const FUNCTION_COMMENTS = `
  SELECT format('COMMENT ON FUNCTION %s IS %L;', objoid::regprocedure, description) AS line
    FROM pg_description JOIN pg_proc ON pg_proc.oid = objoid AND classoid = 'pg_proc'::regclass
   WHERE pronamespace = 'public'::regnamespace
   ORDER BY objoid::regprocedure::text`;
