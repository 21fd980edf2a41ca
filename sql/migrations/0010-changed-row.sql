-- Which rows of the facts were written since the last backup: it copies only these. Late commits are not lost, since a
-- backup begins where the transactions that ran during the last one began (pg_snapshot_xmin), not at a time or a number.

CREATE TABLE changed_row (
  relation  text   NOT NULL,
  id        bigint NOT NULL,
  xid       xid8   NOT NULL,
  PRIMARY KEY (relation, id)
);
CREATE INDEX changed_row_xid ON changed_row (relation, xid);
COMMENT ON TABLE changed_row IS 'Rows of the mirror of Eboost that were written or deleted, for the backup; rows from before this table are not in it';
COMMENT ON COLUMN changed_row.relation IS 'The table that it is a row of';
COMMENT ON COLUMN changed_row.id IS 'Its id; where there is no such row any more, it was deleted';
COMMENT ON COLUMN changed_row.xid IS 'The transaction that wrote or deleted it last';

CREATE FUNCTION note_changed_rows() RETURNS trigger
  LANGUAGE plpgsql
  AS $$
  BEGIN
    INSERT INTO changed_row SELECT DISTINCT TG_TABLE_NAME, id, pg_current_xact_id() FROM written
        ON CONFLICT (relation, id) DO UPDATE SET xid = excluded.xid;
    RETURN NULL;
  END $$;
COMMENT ON FUNCTION note_changed_rows IS 'Notes the rows of a statement in changed_row; its trigger calls them written';

CREATE TRIGGER note_inserted AFTER INSERT ON eboost_transaction
  REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION note_changed_rows();
CREATE TRIGGER note_updated AFTER UPDATE ON eboost_transaction
  REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION note_changed_rows();
CREATE TRIGGER note_deleted AFTER DELETE ON eboost_transaction
  REFERENCING OLD TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION note_changed_rows();
CREATE TRIGGER note_inserted AFTER INSERT ON eboost_user
  REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION note_changed_rows();
CREATE TRIGGER note_updated AFTER UPDATE ON eboost_user
  REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION note_changed_rows();
CREATE TRIGGER note_deleted AFTER DELETE ON eboost_user
  REFERENCING OLD TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION note_changed_rows();
