import { z } from 'zod';
import type { Database } from '../src/postgres/database.ts';

const Line = z.object({ line: z.string() });

/** Each statement of the schema public that would make it anew, in an order that depends on nothing but names. */
export async function describeSchema(database: Database): Promise<string> {
  const parts: string[] = [];
  for (const query of [
    FUNCTIONS,
    TABLES,
    CONSTRAINTS,
    INDEXES,
    TRIGGERS,
    VIEWS,
    COMMENTS,
    FUNCTION_COMMENTS,
  ]) {
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

/**
 * What the database holds that {@link describeSchema} says nothing of, as `sequence public.s`: a change of it
 * would leave the description as it was. The catalogue of dependencies knows every object of every kind, also of kinds
 * that nobody has thought of here.
 */
export async function undescribed(database: Database): Promise<string[]> {
  const lines: string[] = [];
  for (const query of [OTHER_OBJECTS, OTHER_PROPERTIES]) {
    const { rows } = await database.query(query);
    lines.push(
      ...z
        .array(Line)
        .parse(rows)
        .map(({ line }) => line),
    );
  }
  return lines;
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

const TRIGGERS = `
  SELECT pg_get_triggerdef(pg_trigger.oid) || ';' AS line
    FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid
   WHERE relnamespace = 'public'::regnamespace AND NOT tgisinternal
   ORDER BY relname, tgname`;

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

// From 16384 on, objects are not Postgres's own. What an extension brings is its own matter; the extension is listed.
const OTHER_OBJECTS = `
  SELECT DISTINCT type || ' ' || identity AS line
    FROM (
      SELECT classid, objid FROM pg_depend
       UNION SELECT 'pg_namespace'::regclass, oid FROM pg_namespace WHERE nspname !~ '^pg_(toast_)?temp_'
       UNION SELECT 'pg_event_trigger'::regclass, oid FROM pg_event_trigger
       UNION SELECT 'pg_foreign_data_wrapper'::regclass, oid FROM pg_foreign_data_wrapper
       UNION SELECT 'pg_publication'::regclass, oid FROM pg_publication
       UNION SELECT 'pg_default_acl'::regclass, oid FROM pg_default_acl
       UNION SELECT 'pg_largeobject'::regclass, oid FROM pg_largeobject_metadata
    ) AS object
   CROSS JOIN LATERAL pg_identify_object(classid, objid, 0)
   WHERE objid >= 16384
     AND classid NOT IN ('pg_amop'::regclass, 'pg_amproc'::regclass) -- their operator family is listed
     AND NOT EXISTS (
       SELECT FROM pg_depend AS d WHERE (d.classid, d.objid) = (object.classid, object.objid) AND deptype = 'e')
     AND NOT CASE classid
       WHEN 'pg_class'::regclass THEN EXISTS (
         SELECT FROM pg_class WHERE pg_class.oid = objid AND (relkind IN ('r', 'v', 'i') OR relnamespace = 'pg_toast'::regnamespace))
       WHEN 'pg_constraint'::regclass THEN true
       WHEN 'pg_attrdef'::regclass THEN true
       WHEN 'pg_proc'::regclass THEN EXISTS (SELECT FROM pg_proc WHERE pg_proc.oid = objid AND prokind IN ('f', 'p'))
       WHEN 'pg_rewrite'::regclass THEN EXISTS (SELECT FROM pg_rewrite WHERE pg_rewrite.oid = objid AND rulename = '_RETURN')
       WHEN 'pg_trigger'::regclass THEN EXISTS (
         SELECT FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid
          WHERE pg_trigger.oid = objid AND (tgisinternal OR relnamespace = 'public'::regnamespace))
       -- The type of a table's rows, and of arrays of any type.
       WHEN 'pg_type'::regclass THEN EXISTS (
         SELECT FROM pg_type WHERE pg_type.oid = objid AND (typrelid <> 0 OR typcategory = 'A'))
       ELSE false END
   ORDER BY line`;

const OTHER_PROPERTIES = `
  WITH relation AS (SELECT *, pg_class.oid::regclass AS name FROM pg_class WHERE relnamespace = 'public'::regnamespace)
  SELECT format('%s of %s', what, name) AS line FROM relation CROSS JOIN LATERAL (VALUES
      ('row-level security', relrowsecurity OR relforcerowsecurity),
      ('UNLOGGED', relpersistence <> 'p'),
      ('options', reloptions IS NOT NULL),
      ('rights', relacl IS NOT NULL),
      ('inheritance', EXISTS (SELECT FROM pg_inherits WHERE inhrelid = relation.oid)),
      ('REPLICA IDENTITY', relkind = 'r' AND relreplident <> 'd'),
      ('CLUSTER', EXISTS (SELECT FROM pg_index WHERE indexrelid = relation.oid AND indisclustered))
    ) AS property (what, holds) WHERE holds
  UNION ALL
  SELECT format('%s of column %s.%I', what, name, attname)
    FROM relation JOIN pg_attribute ON attrelid = relation.oid AND attnum > 0 AND NOT attisdropped
    JOIN pg_type ON pg_type.oid = atttypid
   CROSS JOIN LATERAL (VALUES
      ('IDENTITY', attidentity <> ''),
      ('GENERATED', attgenerated <> ''),
      ('COLLATE', relkind = 'r' AND attcollation <> typcollation),
      ('DEFAULT', relkind = 'v' AND atthasdef),
      ('STORAGE', relkind = 'r' AND attstorage <> typstorage),
      ('rights', attacl IS NOT NULL),
      ('options', attoptions IS NOT NULL)
    ) AS property (what, holds)
   WHERE holds
  UNION ALL
  SELECT format('disabled trigger %I of %s', tgname, tgrelid::regclass) FROM pg_trigger WHERE tgenabled <> 'O'
  UNION ALL
  SELECT format('rights of function %s', oid::regprocedure) FROM pg_proc
   WHERE pronamespace = 'public'::regnamespace AND proacl IS NOT NULL
  UNION ALL
  SELECT format('comment on %s', pg_describe_object(classoid, objoid, objsubid)) FROM pg_description
   WHERE objoid >= 16384 AND classoid NOT IN ('pg_class'::regclass, 'pg_proc'::regclass, 'pg_extension'::regclass)
  UNION ALL
  SELECT format('settings of the database: %s', array_to_string(setconfig, ', ')) FROM pg_db_role_setting
   WHERE setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database())
   ORDER BY line`;
